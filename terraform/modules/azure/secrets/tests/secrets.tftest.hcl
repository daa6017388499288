# Needs no account: responses of Azure are mocked.

mock_provider "azurerm" {
  mock_data "azurerm_resources" {
    defaults = {
      resources = [{
        id                  = "/subscriptions/s/resourceGroups/x/providers/Microsoft.KeyVault/vaults/theirs"
        location            = "westeurope"
        name                = "theirs"
        resource_group_name = "x"
        tags                = {}
        type                = "Microsoft.KeyVault/vaults"
      }]
    }
  }
}

variables {
  vault_id  = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.KeyVault/vaults/demo-12345678"
  vault_uri = "https://demo-12345678.vault.azure.net/"
}

run "tasks_read_their_vault_and_what_is_named" {
  command = plan

  variables {
    allow = ["https://theirs.vault.azure.net/secrets/warehouse", "/subscriptions/s/resourceGroups/y/providers/Microsoft.KeyVault/vaults/v"]
  }

  assert {
    condition = toset([for role in output.task_roles : role.scope]) == toset([
      "/subscriptions/s/resourceGroups/demo/providers/Microsoft.KeyVault/vaults/demo-12345678",
      "/subscriptions/s/resourceGroups/x/providers/Microsoft.KeyVault/vaults/theirs/secrets/warehouse",
      "/subscriptions/s/resourceGroups/y/providers/Microsoft.KeyVault/vaults/v",
    ])
    error_message = "Tasks have access to other secrets than the allowed ones."
  }

  assert {
    condition     = output.runtime_config.METAFLOW_AZURE_KEY_VAULT_PREFIX == "https://demo-12345678.vault.azure.net"
    error_message = "Secrets that are named without a vault are not found."
  }
}

run "a_vault_that_is_not_there_is_refused" {
  command = plan

  variables {
    allow = ["https://nowhere.vault.azure.net/secrets/warehouse"]
  }

  override_data {
    target = data.azurerm_resources.vaults
    values = { resources = [] }
  }

  expect_failures = [data.azurerm_resources.vaults]
}

run "a_name_alone_is_refused" {
  command = plan

  variables {
    allow = ["warehouse"]
  }

  expect_failures = [var.allow]
}
