output "cluster_network" {
  description = "Network, subnetwork and ranges for the cluster; GKE creates ranges that are null."
  value = {
    network        = data.google_compute_network.this.id
    subnetwork     = data.google_compute_subnetwork.this.id
    pods_range     = one(local.pods)
    pods_cidr      = length(local.pods) == 0 ? null : local.ranges[local.pods[0]]
    services_range = one(local.services)
  }

  precondition {
    condition     = length(local.pods) == length(local.services) && length(local.pods) <= 1
    error_message = "The subnetwork must have one secondary range with `pod` in its name and one with `service` or `svc`, or neither of them."
  }
}

output "database_network" {
  description = "Network for the database; Google chooses the range among the allocated ranges of the network."
  value = {
    network = data.google_compute_network.this.id
    range   = null
  }
}

output "nat_addresses" {
  description = "Public IP addresses of outbound connections: unknown for an existing network."
  value       = []
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value       = {}
}
