# A database that exists: used, never changed. Its secret is JSON with username and password.

locals {
  # /subscriptions/S/resourceGroups/G/providers/Microsoft.KeyVault/vaults/V/secrets/N
  parts = split("/secrets/", var.secret_id)
}

ephemeral "azurerm_key_vault_secret" "this" {
  name         = local.parts[1]
  key_vault_id = local.parts[0]
}
