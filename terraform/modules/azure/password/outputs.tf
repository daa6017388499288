output "account" {
  description = "Name and password of the account. They are in no state and no plan."
  value       = jsondecode(ephemeral.azurerm_key_vault_secret.this.value)
  ephemeral   = true
  sensitive   = true
}

output "generation" {
  description = "Generation of the password."
  value       = azurerm_key_vault_secret.this.value_wo_version
}

output "secret_id" {
  description = "URL of the secret."
  value       = azurerm_key_vault_secret.this.versionless_id
}
