# Needs no account: responses of Azure are mocked.

mock_provider "azurerm" {}

variables {
  name                = "demo"
  resource_group_name = "demo"
  location            = "westeurope"
  pod_cidr            = "100.64.0.0/13"
}

run "subnets_do_not_overlap" {
  command = plan

  assert {
    condition     = azurerm_subnet.cluster.address_prefixes[0] == "10.40.0.0/17" && azurerm_subnet.database.address_prefixes[0] == "10.40.128.0/19" && azurerm_subnet.endpoints.address_prefixes[0] == "10.40.160.0/19"
    error_message = "The subnets have other CIDR ranges."
  }

  assert {
    condition     = azurerm_subnet.database.delegation[0].service_delegation[0].name == "Microsoft.DBforPostgreSQL/flexibleServers"
    error_message = "PostgreSQL has no subnet of its own."
  }

  assert {
    condition     = !azurerm_subnet.cluster.default_outbound_access_enabled && length(azurerm_nat_gateway.this) == 1
    error_message = "Nodes do not use the NAT gateway for outbound connections."
  }

  assert {
    condition     = azurerm_network_security_rule.this["database-from-others"].access == "Deny"
    error_message = "Clients other than the cluster can connect to the database."
  }

  assert {
    condition     = length(azurerm_storage_account.flow) == 0
    error_message = "Flow logs exist although they are disabled."
  }
}

run "a_gateway_that_outlives_a_zone" {
  command = plan

  variables {
    nat = "per_zone"
  }

  assert {
    condition     = azurerm_nat_gateway.this[0].sku_name == "StandardV2" && azurerm_public_ip.nat[0].sku == "StandardV2"
    error_message = "The gateway is lost with its zone."
  }
}

run "no_gateway" {
  command = plan

  variables {
    nat = "none"
  }

  assert {
    condition     = length(azurerm_nat_gateway.this) == 0 && length(output.nat_ips) == 0
    error_message = "There is a gateway."
  }
}

run "flow_logs_are_written_without_a_key" {
  command = apply

  variables {
    flow_logs        = true
    flow_log_account = "demo12345678log"
  }

  assert {
    condition     = !azurerm_storage_account.flow[0].shared_access_key_enabled && azurerm_storage_account.flow[0].network_rules[0].default_action == "Deny"
    error_message = "The storage account of flow logs is public."
  }

  assert {
    condition     = jsondecode(azurerm_resource_group_template_deployment.flow[0].template_content).resources[0].name == "NetworkWatcher_westeurope/demo"
    error_message = "The flow log does not use the Network Watcher of the region."
  }
}

run "a_network_that_is_too_small_is_refused" {
  command = plan

  variables {
    cidr = "10.40.0.0/24"
  }

  expect_failures = [var.cidr]
}
