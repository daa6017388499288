output "task_roles" {
  description = "Role assignments that let tasks read the secrets."
  value = merge(
    { vault = { scope = var.vault_id, role = "Key Vault Secrets User" } },
    { for secret, scope in local.scopes : "secret ${secret}" => { scope = scope, role = "Key Vault Secrets User" } },
  )
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value = {
    METAFLOW_AZURE_KEY_VAULT_PREFIX       = trimsuffix(var.vault_uri, "/")
    METAFLOW_DEFAULT_SECRETS_BACKEND_TYPE = "az-key-vault"
  }
}
