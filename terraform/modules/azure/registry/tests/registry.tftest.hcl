# Needs no account: responses of Azure are mocked.

mock_provider "azurerm" {
  mock_resource "azurerm_container_registry" {
    defaults = { id = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.ContainerRegistry/registries/demo12345678", login_server = "demo12345678.azurecr.io" }
  }
}

variables {
  name                 = "demo"
  resource_group_name  = "demo"
  location             = "westeurope"
  registry_name        = "demo12345678"
  kubelet_principal_id = "44444444-4444-4444-4444-444444444444"
  workspace_id         = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.OperationalInsights/workspaces/demo"
}

run "machines_pull_with_their_identity" {
  command = apply

  assert {
    condition     = !azurerm_container_registry.this.admin_enabled && azurerm_role_assignment.pull.role_definition_name == "AcrPull"
    error_message = "Images are pulled with a password."
  }

  assert {
    condition     = length(output.runtime_config) == 0 && output.repository_url == "demo12345678.azurecr.io/demo"
    error_message = "Steps would use an image that has not been pushed."
  }
}

run "an_image_of_ones_own" {
  command = apply

  variables {
    image = "3"
  }

  assert {
    condition     = output.runtime_config == tomap({ METAFLOW_DEFAULT_CONTAINER_REGISTRY = "demo12345678.azurecr.io", METAFLOW_DEFAULT_CONTAINER_IMAGE = "demo:3" })
    error_message = "Steps use another image."
  }
}

run "a_key_asks_for_a_premium_registry" {
  command = plan

  variables {
    use_key = true
    key_url = "https://v.vault.azure.net/keys/k"
  }

  expect_failures = [azurerm_container_registry.this]
}
