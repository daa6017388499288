# Secrets that tasks can read: all in the vault for tasks, and the listed secrets in other vaults.

locals {
  # https://VAULT.vault.azure.net/secrets/NAME, optionally followed by a version
  by_address = { for secret in var.allow : secret => split("/", trimprefix(secret, "https://")) if startswith(secret, "https://") }
  vaults     = toset([for parts in local.by_address : split(".", parts[0])[0]])
  scopes = merge(
    { for secret in var.allow : secret => secret if startswith(secret, "/") },
    { for secret, parts in local.by_address : secret => "${data.azurerm_resources.vaults[split(".", parts[0])[0]].resources[0].id}/secrets/${parts[2]}" },
  )
}

# The URL does not contain the resource group, which the scope of a role requires.
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
