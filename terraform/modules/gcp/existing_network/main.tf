# A network that exists: looked at, never changed. A database needs its private services access to be set up.

locals {
  # By name in the stack's project, or as projects/HOST/global/networks/NAME.
  network_parts = split("/", trimprefix(var.network, "https://www.googleapis.com/compute/v1/"))
  is_path       = length(local.network_parts) == 5
  host          = local.is_path ? local.network_parts[1] : var.project
  ranges        = { for range in data.google_compute_subnetwork.this.secondary_ip_range : range.range_name => range.ip_cidr_range }
  pods          = [for name in keys(local.ranges) : name if strcontains(name, "pod")]
  services      = [for name in keys(local.ranges) : name if strcontains(name, "service") || strcontains(name, "svc")]
}

data "google_compute_network" "this" {
  project = local.host
  name    = local.network_parts[length(local.network_parts) - 1]
}

data "google_compute_subnetwork" "this" {
  project = local.host
  region  = var.region
  name    = reverse(split("/", var.subnetwork))[0]

  lifecycle {
    postcondition {
      condition     = reverse(split("/", self.network))[0] == data.google_compute_network.this.name
      error_message = "Subnetwork ${self.name} is not in network ${var.network}."
    }

    postcondition {
      condition     = self.private_ip_google_access
      error_message = "Subnetwork ${self.name} must have Private Google Access, which nodes need to reach Google APIs."
    }
  }
}
