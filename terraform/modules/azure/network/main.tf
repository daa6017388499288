# A new network: one subnet for nodes, one that is delegated to PostgreSQL, one for private endpoints. Pods have addresses
# outside of the network's range (overlay), so that nodes need few addresses.

locals {
  # Nodes use the lower half of the address range; the rest of the upper half is reserved for extensions.
  subnets = {
    cluster   = cidrsubnet(var.cidr, 1, 0)
    database  = cidrsubnet(var.cidr, 3, 4)
    endpoints = cidrsubnet(var.cidr, 3, 5)
  }
}

resource "azurerm_virtual_network" "this" {
  name                = var.name
  resource_group_name = var.resource_group_name
  location            = var.location
  address_space       = [var.cidr]
  tags                = var.tags
}

resource "azurerm_subnet" "cluster" {
  name                            = "cluster"
  resource_group_name             = var.resource_group_name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = [local.subnets.cluster]
  default_outbound_access_enabled = false

  # Service endpoints keep traffic to storage and vaults inside Azure, also without private endpoints, and are free.
  service_endpoint {
    service = "Microsoft.Storage"
  }

  service_endpoint {
    service = "Microsoft.KeyVault"
  }
}

resource "azurerm_subnet" "database" {
  name                            = "database"
  resource_group_name             = var.resource_group_name
  virtual_network_name            = azurerm_virtual_network.this.name
  address_prefixes                = [local.subnets.database]
  default_outbound_access_enabled = false

  delegation {
    name = "postgresql"

    service_delegation {
      name    = "Microsoft.DBforPostgreSQL/flexibleServers"
      actions = ["Microsoft.Network/virtualNetworks/subnets/join/action"]
    }
  }

  # PostgreSQL adds this service endpoint itself, for its backups.
  service_endpoint {
    service = "Microsoft.Storage"
  }
}

resource "azurerm_subnet" "endpoints" {
  name                              = "endpoints"
  resource_group_name               = var.resource_group_name
  virtual_network_name              = azurerm_virtual_network.this.name
  address_prefixes                  = [local.subnets.endpoints]
  default_outbound_access_enabled   = false
  private_endpoint_network_policies = "NetworkSecurityGroupEnabled"
}
