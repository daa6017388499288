# A new network: one subnetwork for nodes, pods and services, a range for the database, and Cloud NAT.

locals {
  # Half of the addresses are for pods. Three eighths are for nodes, services and the database; the last eighth is reserved.
  pods     = cidrsubnet(var.cidr, 1, 0)
  nodes    = cidrsubnet(var.cidr, 3, 4)
  services = cidrsubnet(var.cidr, 3, 5)
  database = cidrsubnet(var.cidr, 3, 6)

  # Cloud NAT is a regional service: there are no gateways per zone, but each additional address allows more connections.
  addresses = toset([for index in range(var.nat == "none" ? 0 : var.nat == "one" ? 1 : var.zones) : tostring(index)])
}

resource "google_compute_network" "this" {
  project                 = var.project
  name                    = var.name
  auto_create_subnetworks = false
  routing_mode            = "REGIONAL"
}

resource "google_compute_subnetwork" "this" {
  #checkov:skip=CKV_GCP_76:the network has no IPv6
  #checkov:skip=CKV_GCP_26:set by flow_logs in the stack file
  project                  = var.project
  name                     = var.name
  region                   = var.region
  network                  = google_compute_network.this.id
  ip_cidr_range            = local.nodes
  private_ip_google_access = true

  secondary_ip_range {
    range_name    = "pods"
    ip_cidr_range = local.pods
  }

  secondary_ip_range {
    range_name    = "services"
    ip_cidr_range = local.services
  }

  dynamic "log_config" {
    for_each = var.flow_logs ? [1] : []

    content {
      aggregation_interval = "INTERVAL_10_MIN"
      flow_sampling        = 0.5
      metadata             = "INCLUDE_ALL_METADATA"
    }
  }
}

# Denies all inbound traffic that no other rule allows. The network does so by default, but without logging.
resource "google_compute_firewall" "deny" {
  project       = var.project
  name          = "${var.name}-deny-ingress"
  description   = "What no rule lets in stays out"
  network       = google_compute_network.this.id
  direction     = "INGRESS"
  priority      = 65534
  source_ranges = ["0.0.0.0/0"]

  deny {
    protocol = "all"
  }

  dynamic "log_config" {
    for_each = var.flow_logs ? [1] : []

    content {
      metadata = "INCLUDE_ALL_METADATA"
    }
  }
}
