output "members" {
  description = "IAM member of each service account."
  value       = local.members
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value       = {}
}
