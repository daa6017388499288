# Needs no account: responses of Azure are mocked.

mock_provider "azurerm" {
  mock_resource "azurerm_private_dns_zone" {
    defaults = { id = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.Network/privateDnsZones/demo.private.postgres.database.azure.com" }
  }

  mock_resource "azurerm_postgresql_flexible_server" {
    defaults = { id = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.DBforPostgreSQL/flexibleServers/demo-12345678" }
  }
}

variables {
  name                = "demo"
  resource_group_name = "demo"
  location            = "westeurope"
  server_name         = "demo-12345678"
  virtual_network_id  = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.Network/virtualNetworks/demo"
  subnet_id           = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.Network/virtualNetworks/demo/subnets/database"
  workspace_id        = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.OperationalInsights/workspaces/demo"
  password            = "made-up"
}

run "private_and_by_tls_only" {
  command = plan

  assert {
    condition     = !azurerm_postgresql_flexible_server.this.public_network_access_enabled && azurerm_postgresql_flexible_server_configuration.this["require_secure_transport"].value == "on"
    error_message = "The database is reachable from outside, or without TLS."
  }

  assert {
    condition     = azurerm_postgresql_flexible_server.this.administrator_password_wo == null && azurerm_postgresql_flexible_server.this.administrator_password == null
    error_message = "The password is kept."
  }
}

run "disks_have_the_sizes_that_there_are" {
  command = plan

  variables {
    storage_gb  = 100
    backup_days = 1
  }

  assert {
    condition     = azurerm_postgresql_flexible_server.this.storage_mb == 131072 && azurerm_postgresql_flexible_server.this.backup_retention_days == 7
    error_message = "Azure rejects this disk size, or this backup retention."
  }
}

run "a_standby_in_another_zone" {
  command = plan

  variables {
    instance_class    = "GP_Standard_D2ds_v5"
    high_availability = true
    zones             = 3
  }

  assert {
    condition     = azurerm_postgresql_flexible_server.this.high_availability[0].mode == "ZoneRedundant"
    error_message = "The standby is in the same zone."
  }
}

run "a_standby_of_a_burstable_machine_is_refused" {
  command = plan

  variables {
    high_availability = true
  }

  expect_failures = [azurerm_postgresql_flexible_server.this]
}
