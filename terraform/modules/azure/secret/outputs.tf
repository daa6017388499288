output "secret_id" {
  description = "Id of the secret."
  value       = azurerm_key_vault_secret.this.resource_versionless_id
}

output "values" {
  description = "What is in it."
  value       = jsondecode(ephemeral.azurerm_key_vault_secret.this.value)
  ephemeral   = true
}

output "version" {
  description = "Which writing of it this is."
  value       = azurerm_key_vault_secret.this.value_wo_version
}
