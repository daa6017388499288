# Network security rules. Addresses of pods are not in the network's range, so Azure's default rules do not cover them.

locals {
  inside = [local.subnets.cluster, var.pod_cidr]
  rules = {
    cluster-from-cluster    = { group = "cluster", priority = 100, access = "Allow", from = local.inside, to = local.inside, ports = ["*"], protocol = "*" }
    cluster-from-internet   = { group = "cluster", priority = 4000, access = "Deny", from = ["Internet"], to = ["*"], ports = ["*"], protocol = "*" }
    database-from-cluster   = { group = "database", priority = 100, access = "Allow", from = local.inside, to = [local.subnets.database], ports = ["5432", "6432"], protocol = "Tcp" }
    database-from-standby   = { group = "database", priority = 110, access = "Allow", from = [local.subnets.database], to = [local.subnets.database], ports = ["5432", "6432"], protocol = "Tcp" }
    database-from-others    = { group = "database", priority = 4000, access = "Deny", from = ["*"], to = ["*"], ports = ["*"], protocol = "*" }
    endpoints-from-cluster  = { group = "endpoints", priority = 100, access = "Allow", from = local.inside, to = [local.subnets.endpoints], ports = ["443"], protocol = "Tcp" }
    endpoints-from-internet = { group = "endpoints", priority = 4000, access = "Deny", from = ["Internet"], to = ["*"], ports = ["*"], protocol = "*" }
  }
}

resource "azurerm_network_security_group" "this" {
  for_each = local.subnets

  name                = "${var.name}-${each.key}"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

resource "azurerm_network_security_rule" "this" {
  for_each = local.rules

  name                         = each.key
  resource_group_name          = var.resource_group_name
  network_security_group_name  = azurerm_network_security_group.this[each.value.group].name
  direction                    = "Inbound"
  priority                     = each.value.priority
  access                       = each.value.access
  protocol                     = each.value.protocol
  source_port_range            = "*"
  source_address_prefix        = length(each.value.from) == 1 ? each.value.from[0] : null
  source_address_prefixes      = length(each.value.from) == 1 ? null : each.value.from
  destination_address_prefix   = length(each.value.to) == 1 ? each.value.to[0] : null
  destination_address_prefixes = length(each.value.to) == 1 ? null : each.value.to
  destination_port_range       = length(each.value.ports) == 1 ? each.value.ports[0] : null
  destination_port_ranges      = length(each.value.ports) == 1 ? null : each.value.ports
}

resource "azurerm_subnet_network_security_group_association" "cluster" {
  subnet_id                 = azurerm_subnet.cluster.id
  network_security_group_id = azurerm_network_security_group.this["cluster"].id

  depends_on = [azurerm_network_security_rule.this]
}

resource "azurerm_subnet_network_security_group_association" "database" {
  subnet_id                 = azurerm_subnet.database.id
  network_security_group_id = azurerm_network_security_group.this["database"].id

  depends_on = [azurerm_network_security_rule.this]
}

resource "azurerm_subnet_network_security_group_association" "endpoints" {
  subnet_id                 = azurerm_subnet.endpoints.id
  network_security_group_id = azurerm_network_security_group.this["endpoints"].id

  depends_on = [azurerm_network_security_rule.this]
}
