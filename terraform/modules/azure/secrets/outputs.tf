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

output "task_roles" {
  description = "Roles that tasks need to read what they may."
  value = {
    for secret in var.task_secrets : "secret ${secret}" => {
      scope = startswith(secret, "/") ? secret : "${azurerm_key_vault.this.id}/secrets/${secret}"
      role  = "Key Vault Secrets User"
    }
  }
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value = {
    METAFLOW_AZURE_KEY_VAULT_PREFIX       = trimsuffix(azurerm_key_vault.this.vault_uri, "/")
    METAFLOW_DEFAULT_SECRETS_BACKEND_TYPE = "az-key-vault"
  }
}
