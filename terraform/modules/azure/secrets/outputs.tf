output "task_roles" {
  description = "Roles that tasks need to read what they may."
  value = merge(
    { vault = { scope = var.vault_id, role = "Key Vault Secrets User" } },
    { for secret, scope in local.scopes : "secret ${secret}" => { scope = scope, role = "Key Vault Secrets User" } },
  )
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value = {
    METAFLOW_AZURE_KEY_VAULT_PREFIX       = trimsuffix(var.vault_uri, "/")
    METAFLOW_DEFAULT_SECRETS_BACKEND_TYPE = "az-key-vault"
  }
}
