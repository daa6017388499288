# Static addresses for outbound connections, so that other networks can allow them.

resource "google_compute_address" "nat" {
  for_each = local.addresses

  project      = var.project
  name         = "${var.name}-nat-${each.key}"
  region       = var.region
  address_type = "EXTERNAL"
}

resource "google_compute_router" "this" {
  count = var.nat == "none" ? 0 : 1

  project = var.project
  name    = var.name
  region  = var.region
  network = google_compute_network.this.id
}

resource "google_compute_router_nat" "this" {
  count = var.nat == "none" ? 0 : 1

  project                            = var.project
  name                               = var.name
  region                             = var.region
  router                             = google_compute_router.this[0].name
  nat_ip_allocate_option             = "MANUAL_ONLY"
  nat_ips                            = [for address in google_compute_address.nat : address.self_link]
  source_subnetwork_ip_ranges_to_nat = "LIST_OF_SUBNETWORKS"

  # Ports are allocated dynamically: many small nodes share an address, and a busy node gets enough ports.
  enable_dynamic_port_allocation      = true
  enable_endpoint_independent_mapping = false
  min_ports_per_vm                    = 64
  max_ports_per_vm                    = 8192

  subnetwork {
    name                    = google_compute_subnetwork.this.id
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}
