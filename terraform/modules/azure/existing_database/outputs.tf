output "database" {
  description = "Where the database is."
  value = {
    host = var.host
    port = var.port
    name = var.name
  }
}

output "account" {
  description = "Account in the database."
  value       = jsondecode(ephemeral.azurerm_key_vault_secret.this.value)
  ephemeral   = true
}

output "secret_id" {
  description = "Id of the secret of the account."
  value       = var.secret_id
}
