output "members" {
  description = "Each account as a member of a policy."
  value       = local.members
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value       = {}
}
