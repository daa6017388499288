output "accounts" {
  description = "Name and password of each account. In no state and no plan."
  value       = { for name in var.names : name => jsondecode(ephemeral.google_secret_manager_secret_version.this[name].secret_data) }
  ephemeral   = true
  sensitive   = true
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value       = {}
}

output "secret_ids" {
  description = "Id of the secret of each account."
  value       = { for name in var.names : name => google_secret_manager_secret.this[name].id }
}
