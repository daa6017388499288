output "key_id" {
  description = "Id of the key, once the services may use it."
  value       = local.key_id

  depends_on = [time_sleep.this]
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value       = {}
}
