output "runtime_config" {
  description = "Runtime settings that this module provides: none, because the UI is reached only through a tunnel."
  value       = {}
}

output "service_account" {
  description = "Service account of the backend, for an identity that reads runs."
  value       = local.backend
}
