output "account" {
  description = "Name and password of the account. In no state and no plan."
  value       = jsondecode(ephemeral.google_secret_manager_secret_version.this.secret_data)
  ephemeral   = true
  sensitive   = true
}

output "database" {
  description = "Where the database is."
  value = {
    host = var.host
    port = var.port
    name = var.database
  }
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value       = {}
}

output "secret_id" {
  description = "Id of the secret."
  value       = local.secret
}
