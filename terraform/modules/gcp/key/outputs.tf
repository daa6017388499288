output "key_id" {
  description = "ID of the key, after the services have access to it."
  value       = local.key_id

  depends_on = [time_sleep.this]
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value       = {}
}
