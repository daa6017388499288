# Needs no account: responses of Azure are mocked.

mock_provider "azurerm" {
  mock_resource "azurerm_key_vault_key" {
    defaults = {
      versionless_id          = "https://demo-12345678.vault.azure.net/keys/demo"
      resource_versionless_id = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.KeyVault/vaults/demo-12345678/keys/demo"
    }
  }

  mock_resource "azurerm_user_assigned_identity" {
    defaults = { id = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.ManagedIdentity/userAssignedIdentities/demo-encryption" }
  }

  mock_data "azurerm_resources" {
    defaults = {
      resources = [{
        id                  = "/subscriptions/s/resourceGroups/x/providers/Microsoft.KeyVault/vaults/v"
        location            = "westeurope"
        name                = "v"
        resource_group_name = "x"
        tags                = {}
        type                = "Microsoft.KeyVault/vaults"
      }]
    }
  }

  mock_data "azurerm_key_vault" {
    defaults = { vault_uri = "https://v.vault.azure.net/", purge_protection_enabled = true }
  }
}

mock_provider "time" {}

variables {
  name                = "demo"
  resource_group_name = "demo"
  location            = "westeurope"
  vault_id            = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.KeyVault/vaults/demo-12345678"
}

run "rotates" {
  command = apply

  assert {
    condition     = azurerm_key_vault_key.this[0].rotation_policy[0].automatic[0].time_after_creation == "P365D"
    error_message = "The key is not rotated."
  }

  assert {
    condition     = azurerm_disk_encryption_set.this.auto_key_rotation_enabled && output.key_url == "https://demo-12345678.vault.azure.net/keys/demo"
    error_message = "Encrypted data is bound to one version of the key."
  }
}

run "a_key_that_exists" {
  command = apply

  variables {
    key_id = "/subscriptions/s/resourceGroups/x/providers/Microsoft.KeyVault/vaults/v/keys/k"
  }

  assert {
    condition     = length(azurerm_key_vault_key.this) == 0 && output.key_url == "https://v.vault.azure.net/keys/k"
    error_message = "Another key encrypts."
  }

  assert {
    condition     = azurerm_role_assignment.this.scope == "/subscriptions/s/resourceGroups/x/providers/Microsoft.KeyVault/vaults/v/keys/k"
    error_message = "The identity has access to more than one key."
  }
}

run "a_key_by_its_address" {
  command = apply

  variables {
    key_id = "https://v.vault.azure.net/keys/k"
  }

  assert {
    condition     = azurerm_role_assignment.this.scope == "/subscriptions/s/resourceGroups/x/providers/Microsoft.KeyVault/vaults/v/keys/k"
    error_message = "The identity has access to another key."
  }
}

run "a_vault_whose_keys_can_go_is_refused" {
  command = plan

  variables {
    key_id = "/subscriptions/s/resourceGroups/x/providers/Microsoft.KeyVault/vaults/v/keys/k"
  }

  override_data {
    target = data.azurerm_key_vault.this
    values = { vault_uri = "https://v.vault.azure.net/", purge_protection_enabled = false }
  }

  expect_failures = [data.azurerm_key_vault.this]
}
