# What tasks may read: every secret of the vault that is theirs, and those elsewhere that are named.

locals {
  # https://VAULT.vault.azure.net/secrets/NAME, perhaps with a version behind it
  by_address = { for secret in var.allow : secret => split("/", trimprefix(secret, "https://")) if startswith(secret, "https://") }
  vaults     = toset([for parts in local.by_address : split(".", parts[0])[0]])
  scopes = merge(
    { for secret in var.allow : secret => secret if startswith(secret, "/") },
    { for secret, parts in local.by_address : secret => "${data.azurerm_resources.vaults[split(".", parts[0])[0]].resources[0].id}/secrets/${parts[2]}" },
  )
}

# An address says nothing of the resource group that a role's scope begins with.
data "azurerm_resources" "vaults" {
  for_each = local.vaults

  type = "Microsoft.KeyVault/vaults"
  name = each.key

  lifecycle {
    postcondition {
      condition     = length(self.resources) == 1
      error_message = "Key vault ${each.key} was not found in the subscription. For a secret of another subscription, use its resource ID: /subscriptions/S/resourceGroups/G/providers/Microsoft.KeyVault/vaults/V/secrets/N."
    }
  }
}
