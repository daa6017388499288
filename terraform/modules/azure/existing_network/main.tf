# A network that exists: looked at, never changed.

locals {
  # /subscriptions/S/resourceGroups/G/providers/Microsoft.Network/virtualNetworks/N
  parts = split("/", var.virtual_network_id)
}

data "azurerm_virtual_network" "this" {
  name                = local.parts[8]
  resource_group_name = local.parts[4]

  lifecycle {
    postcondition {
      condition     = lower(replace(self.location, " ", "")) == lower(replace(var.location, " ", ""))
      error_message = "The network is in region ${self.location}, but the stack is in ${var.location}."
    }
  }
}

data "azurerm_subnet" "this" {
  for_each = { cluster = var.cluster_subnet_id, database = var.database_subnet_id }

  name                 = split("/", each.value)[10]
  virtual_network_name = data.azurerm_virtual_network.this.name
  resource_group_name  = local.parts[4]
}
