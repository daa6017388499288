# A network of our own: one subnet for machines, one that belongs to PostgreSQL, one for private endpoints. Pods have
# addresses beside the network (overlay), so that machines need few.

locals {
  # Machines have the lower half; what is left of the upper one is free for more.
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

  # The way to storage and secrets stays inside Azure also where there is no private endpoint, and costs nothing.
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

  # PostgreSQL adds it itself, for its backups.
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
