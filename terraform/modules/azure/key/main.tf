# The key that encrypts what the stack stores, and the identity that storage, disks, database and registry use it with.

locals {
  make = var.key_id == null
  # https://VAULT.vault.azure.net/keys/NAME, or the id of Azure's resource manager
  by_address = local.make ? false : startswith(var.key_id, "https://")
  vault_name = local.by_address ? split(".", trimprefix(var.key_id, "https://"))[0] : ""
  given      = local.make ? null : local.by_address ? "${data.azurerm_resources.this[0].resources[0].id}/keys/${split("/", var.key_id)[4]}" : var.key_id
  parts      = local.make ? [] : split("/", local.given)
  scope      = local.make ? azurerm_key_vault_key.this[0].resource_versionless_id : local.given
  key_url    = local.make ? azurerm_key_vault_key.this[0].versionless_id : "${data.azurerm_key_vault.this[0].vault_uri}keys/${local.parts[10]}"
}

# An address says nothing of the resource group that a role's scope begins with.
data "azurerm_resources" "this" {
  count = local.by_address ? 1 : 0

  type = "Microsoft.KeyVault/vaults"
  name = local.vault_name

  lifecycle {
    postcondition {
      condition     = length(self.resources) == 1
      error_message = "Key vault ${local.vault_name} was not found in the subscription. For a key of another subscription, use its resource ID: /subscriptions/S/resourceGroups/G/providers/Microsoft.KeyVault/vaults/V/keys/K."
    }
  }
}

data "azurerm_key_vault" "this" {
  count = local.make ? 0 : 1

  name                = local.parts[8]
  resource_group_name = local.parts[4]

  lifecycle {
    postcondition {
      condition     = self.purge_protection_enabled
      error_message = "Key vault ${self.name} must have purge protection to encrypt with its keys."
    }
  }
}

resource "azurerm_key_vault_key" "this" {
  #checkov:skip=CKV_AZURE_40:a key that ends takes with it what it encrypted; it is rotated instead
  #checkov:skip=CKV_AZURE_112:keys in hardware ask for a vault of the premium kind
  count = local.make ? 1 : 0

  name         = var.name
  key_vault_id = var.vault_id
  key_type     = "RSA"
  key_size     = 3072
  key_opts     = ["wrapKey", "unwrapKey"]
  tags         = var.tags

  rotation_policy {
    automatic {
      time_after_creation = "P${var.rotation_days}D"
    }
  }
}

resource "azurerm_user_assigned_identity" "this" {
  name                = "${var.name}-encryption"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

resource "azurerm_role_assignment" "this" {
  scope                = local.scope
  role_definition_name = "Key Vault Crypto Service Encryption User"
  principal_id         = azurerm_user_assigned_identity.this.principal_id
  principal_type       = "ServicePrincipal"
}

# A role is known everywhere only after a while; who encrypts with the key before is refused.
resource "time_sleep" "role" {
  create_duration = "90s"

  triggers = {
    key_url     = local.key_url
    identity_id = azurerm_user_assigned_identity.this.id
  }

  depends_on = [azurerm_role_assignment.this]
}

resource "azurerm_disk_encryption_set" "this" {
  name                      = var.name
  resource_group_name       = var.resource_group_name
  location                  = var.location
  key_vault_key_id          = time_sleep.role.triggers["key_url"]
  auto_key_rotation_enabled = true
  tags                      = var.tags

  identity {
    type         = "UserAssigned"
    identity_ids = [time_sleep.role.triggers["identity_id"]]
  }
}
