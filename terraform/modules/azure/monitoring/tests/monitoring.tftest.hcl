# Needs no account: responses of Azure are mocked.

mock_provider "azurerm" {}

variables {
  name                = "demo"
  resource_group_name = "demo"
  location            = "westeurope"
}

run "its_keys_open_nothing" {
  command = plan

  variables {
    log_retention_days = 7
  }

  assert {
    condition     = !azurerm_log_analytics_workspace.this.local_authentication_enabled
    error_message = "The workspace accepts shared keys."
  }

  assert {
    condition     = azurerm_log_analytics_workspace.this.retention_in_days == 30
    error_message = "Azure rejects a retention below 30 days."
  }
}

run "logs_for_ever_are_refused" {
  command = plan

  variables {
    log_retention_days = 3653
  }

  expect_failures = [var.log_retention_days]
}
