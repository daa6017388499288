# Needs no account: responses of Azure are mocked.

mock_provider "azurerm" {
  mock_data "azurerm_virtual_network" {
    defaults = {
      id       = "/subscriptions/s/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/ours"
      location = "westeurope"
    }
  }

  mock_data "azurerm_subnet" {
    defaults = { service_endpoint = [{ service = "Microsoft.Storage", network_identifier = "" }] }
  }
}

variables {
  location           = "westeurope"
  virtual_network_id = "/subscriptions/s/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/ours"
  cluster_subnet_id  = "/subscriptions/s/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/ours/subnets/machines"
  database_subnet_id = "/subscriptions/s/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/ours/subnets/postgres"
}

run "its_subnets_are_taken" {
  command = plan

  assert {
    condition     = data.azurerm_subnet.this["cluster"].name == "machines" && data.azurerm_subnet.this["database"].name == "postgres"
    error_message = "Other subnets are used."
  }

  assert {
    condition     = !output.service_endpoints
    error_message = "Rules would contain a subnet without all service endpoints, which Azure rejects."
  }
}

run "a_network_of_another_region_is_refused" {
  command = plan

  variables {
    location = "northeurope"
  }

  expect_failures = [data.azurerm_virtual_network.this]
}

run "a_subnet_of_another_network_is_refused" {
  command = plan

  variables {
    cluster_subnet_id = "/subscriptions/s/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/theirs/subnets/machines"
  }

  expect_failures = [var.cluster_subnet_id]
}

run "one_subnet_for_both_is_refused" {
  command = plan

  variables {
    database_subnet_id = "/subscriptions/s/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/ours/subnets/machines"
  }

  expect_failures = [var.database_subnet_id]
}
