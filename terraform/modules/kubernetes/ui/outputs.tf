output "runtime_config" {
  description = "Settings that this module makes true: none, people reach the pages by a tunnel only."
  value       = {}
}

output "service_account" {
  description = "Service account of the backend, for an identity that reads runs."
  value       = local.backend
}
