output "database" {
  description = "Host, port and name of the database."
  value = {
    host = var.host
    port = var.port
    name = var.name
  }
}

output "account" {
  description = "User name and password of the database account."
  value       = jsondecode(ephemeral.azurerm_key_vault_secret.this.value)
  ephemeral   = true
}

output "secret_id" {
  description = "ID of the secret with the database account."
  value       = var.secret_id
}
