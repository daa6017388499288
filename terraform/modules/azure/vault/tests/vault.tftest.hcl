# Needs no account: responses of Azure are mocked.

mock_provider "azurerm" {
  mock_resource "azurerm_key_vault" {
    defaults = {
      id        = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.KeyVault/vaults/demo-12345678"
      vault_uri = "https://demo-12345678.vault.azure.net/"
    }
  }
}

mock_provider "time" {}

variables {
  name                = "demo"
  resource_group_name = "demo"
  location            = "westeurope"
  tenant_id           = "11111111-1111-1111-1111-111111111111"
  deployer_id         = "22222222-2222-2222-2222-222222222222"
  vault_name          = "demo-12345678"
  workspace_id        = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.OperationalInsights/workspaces/demo"
}

run "roles_decide" {
  command = apply

  assert {
    condition     = azurerm_key_vault.this.rbac_authorization_enabled
    error_message = "The vault has access policies."
  }

  assert {
    condition     = toset([for role in azurerm_role_assignment.deployer : role.role_definition_name]) == toset(["Key Vault Crypto Officer", "Key Vault Secrets Officer"])
    error_message = "The role of the deploying principal is not limited to writing passwords."
  }

  assert {
    condition     = output.writable_vault_id == output.vault_id
    error_message = "The wait for roles refers to another vault."
  }
}

run "allowed_addresses_close_it_for_others" {
  command = plan

  variables {
    allow_ips = ["203.0.113.0/24"]
  }

  assert {
    condition     = azurerm_key_vault.this.network_acls[0].default_action == "Deny"
    error_message = "The vault is reachable from all addresses."
  }
}

run "a_name_that_azure_refuses_is_refused" {
  command = plan

  variables {
    vault_name = "demo--1"
  }

  expect_failures = [var.vault_name]
}
