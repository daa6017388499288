output "vault_id" {
  description = "ID of the key vault."
  value       = azurerm_key_vault.this.id
}

output "writable_vault_id" {
  description = "ID of the key vault, after the principal that deploys has write access to it."
  value       = time_sleep.roles.triggers["vault_id"]
}

output "vault_uri" {
  description = "URL of the key vault."
  value       = azurerm_key_vault.this.vault_uri
}
