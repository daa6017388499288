output "account" {
  description = "Name and password of the account. They are in no state and no plan."
  value       = jsondecode(ephemeral.google_secret_manager_secret_version.this.secret_data)
  ephemeral   = true
  sensitive   = true
}

output "database" {
  description = "Host, port and name of the database."
  value = {
    host = var.host
    port = var.port
    name = var.database
  }
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value       = {}
}

output "secret_id" {
  description = "ID of the secret."
  value       = local.secret
}
