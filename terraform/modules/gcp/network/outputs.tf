output "cluster_network" {
  description = "Network, subnetwork and ranges for the cluster."
  value = {
    network        = google_compute_network.this.id
    subnetwork     = google_compute_subnetwork.this.id
    pods_range     = "pods"
    pods_cidr      = local.pods
    services_range = "services"
  }

  # Nodes need the way out from their first second, and until their last.
  depends_on = [google_compute_router_nat.this, google_compute_firewall.deny]
}

output "database_network" {
  description = "Network and allocated range for the database."
  value = {
    network = google_compute_network.this.id
    range   = google_compute_global_address.database.name
  }

  depends_on = [google_service_networking_connection.this]
}

output "nat_addresses" {
  description = "Public IP addresses of outbound connections."
  value       = [for address in google_compute_address.nat : address.address]
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value       = {}
}
