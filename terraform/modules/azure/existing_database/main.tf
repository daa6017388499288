# A database that exists: used, never changed. Its secret is JSON with username and password.

locals {
  # https://VAULT.vault.azure.net/secrets/NAME, or the id of Azure's resource manager
  by_address = startswith(var.secret_id, "https://")
  vault_name = local.by_address ? split(".", trimprefix(var.secret_id, "https://"))[0] : ""
  vault_id   = local.by_address ? data.azurerm_resources.this[0].resources[0].id : split("/secrets/", var.secret_id)[0]
}

# An address says nothing of the resource group of the vault.
data "azurerm_resources" "this" {
  count = local.by_address ? 1 : 0

  type = "Microsoft.KeyVault/vaults"
  name = local.vault_name

  lifecycle {
    postcondition {
      condition     = length(self.resources) == 1
      error_message = "Key vault ${local.vault_name} was not found in the subscription. For a secret of another subscription, use its resource ID: /subscriptions/S/resourceGroups/G/providers/Microsoft.KeyVault/vaults/V/secrets/N."
    }
  }
}

ephemeral "azurerm_key_vault_secret" "this" {
  name         = split("/", split("/secrets/", var.secret_id)[1])[0]
  key_vault_id = local.vault_id
}
