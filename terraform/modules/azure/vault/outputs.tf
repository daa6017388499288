output "vault_id" {
  description = "Id of the vault."
  value       = azurerm_key_vault.this.id
}

output "writable_vault_id" {
  description = "Id of the vault, once who deploys can write to it."
  value       = time_sleep.roles.triggers["vault_id"]
}

output "vault_uri" {
  description = "Address of the vault."
  value       = azurerm_key_vault.this.vault_uri
}
