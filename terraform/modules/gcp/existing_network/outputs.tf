output "cluster_network" {
  description = "Where the cluster goes. Ranges that are null are made by GKE."
  value = {
    network        = data.google_compute_network.this.id
    subnetwork     = data.google_compute_subnetwork.this.id
    pods_range     = one(local.pods)
    pods_cidr      = length(local.pods) == 0 ? null : local.ranges[local.pods[0]]
    services_range = one(local.services)
  }

  precondition {
    condition     = length(local.pods) == length(local.services) && length(local.pods) <= 1
    error_message = "The subnetwork must have one secondary range with `pod` in its name and one with `service` or `svc`, or none of both."
  }
}

output "database_network" {
  description = "Where the database goes. The range is Google's choice among those of the network."
  value = {
    network = data.google_compute_network.this.id
    range   = null
  }
}

output "nat_addresses" {
  description = "Addresses that everything goes out by: not known."
  value       = []
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value       = {}
}
