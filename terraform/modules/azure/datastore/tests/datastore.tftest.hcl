# Needs no account: responses of Azure are mocked.

mock_provider "azurerm" {
  mock_resource "azurerm_storage_account" {
    defaults = {
      id                    = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.Storage/storageAccounts/demo12345678"
      primary_blob_endpoint = "https://demo12345678.blob.core.windows.net/"
    }
  }

  mock_data "azurerm_resources" {
    defaults = {
      resources = [{
        id                  = "/subscriptions/s/resourceGroups/x/providers/Microsoft.Storage/storageAccounts/ours"
        location            = "westeurope"
        name                = "ours"
        resource_group_name = "x"
        tags                = {}
        type                = "Microsoft.Storage/storageAccounts"
      }]
    }
  }
}

variables {
  name                = "demo"
  resource_group_name = "demo"
  location            = "westeurope"
  account_name        = "demo12345678"
  deployer_id         = "22222222-2222-2222-2222-222222222222"
  workspace_id        = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.OperationalInsights/workspaces/demo"
}

run "no_keys_and_nothing_public" {
  command = apply

  assert {
    condition     = !azurerm_storage_account.this[0].shared_access_key_enabled && !azurerm_storage_account.this[0].allow_nested_items_to_be_public && azurerm_storage_container.this[0].container_access_type == "private"
    error_message = "Data is accessible without a role."
  }

  assert {
    condition     = azurerm_storage_account.this[0].min_tls_version == "TLS1_2" && azurerm_storage_account.this[0].https_traffic_only_enabled
    error_message = "Connections without TLS are accepted."
  }

  assert {
    condition     = azurerm_role_assignment.deployer.scope == "/subscriptions/s/resourceGroups/demo/providers/Microsoft.Storage/storageAccounts/demo12345678/blobServices/default/containers/flows"
    error_message = "The role of the deploying principal is not limited to the container."
  }

  assert {
    condition     = output.runtime_config.METAFLOW_DATASTORE_SYSROOT_AZURE == "flows/metaflow" && output.runtime_config.METAFLOW_AZURE_STORAGE_BLOB_SERVICE_ENDPOINT == "https://demo12345678.blob.core.windows.net/"
    error_message = "The runtime settings point to another location."
  }
}

run "versions_and_logs" {
  command = plan

  variables {
    versioning      = true
    noncurrent_days = 90
    access_logs     = true
  }

  assert {
    condition     = azurerm_storage_account.this[0].blob_properties[0].versioning_enabled && azurerm_storage_account.this[0].blob_properties[0].delete_retention_policy[0].days == 90
    error_message = "Overwritten and deleted objects are not kept."
  }

  assert {
    condition     = length(azurerm_monitor_diagnostic_setting.this[0].enabled_log) == 3
    error_message = "Some accesses are not logged."
  }
}

run "allowed_addresses_close_it_for_others" {
  command = plan

  variables {
    allow_ips = ["203.0.113.0/24"]
  }

  assert {
    condition     = azurerm_storage_account.this[0].network_rules[0].default_action == "Deny"
    error_message = "The storage account is reachable from all addresses."
  }
}

run "a_container_that_exists_is_left_alone" {
  command = apply

  variables {
    create_container = false
    container_path   = "ours/flows-of-all"
  }

  assert {
    condition     = length(azurerm_storage_account.this) == 0 && length(azurerm_storage_management_policy.this) == 0
    error_message = "The existing storage account would be changed."
  }

  assert {
    condition     = output.container_id == "/subscriptions/s/resourceGroups/x/providers/Microsoft.Storage/storageAccounts/ours/blobServices/default/containers/flows-of-all"
    error_message = "Roles would be given for something else."
  }
}

run "a_container_that_is_not_there_is_refused" {
  command = plan

  variables {
    create_container = false
    container_path   = "ours/flows-of-all"
  }

  override_data {
    target = data.azurerm_resources.this
    values = { resources = [] }
  }

  expect_failures = [data.azurerm_resources.this]
}
