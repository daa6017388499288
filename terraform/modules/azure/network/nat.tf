# One NAT gateway for the nodes, because a subnet cannot have two. `per_zone` selects the zone-redundant SKU.

locals {
  has_nat = var.nat != "none"
  nat_sku = var.nat == "per_zone" ? "StandardV2" : "Standard"
}

resource "azurerm_public_ip" "nat" {
  count = local.has_nat ? 1 : 0

  name                = "${var.name}-nat"
  resource_group_name = var.resource_group_name
  location            = var.location
  allocation_method   = "Static"
  sku                 = local.nat_sku
  tags                = var.tags
}

resource "azurerm_nat_gateway" "this" {
  count = local.has_nat ? 1 : 0

  name                    = var.name
  resource_group_name     = var.resource_group_name
  location                = var.location
  sku_name                = local.nat_sku
  idle_timeout_in_minutes = 10
  tags                    = var.tags
}

resource "azurerm_nat_gateway_public_ip_association" "this" {
  count = local.has_nat ? 1 : 0

  nat_gateway_id       = azurerm_nat_gateway.this[0].id
  public_ip_address_id = azurerm_public_ip.nat[0].id
}

resource "azurerm_subnet_nat_gateway_association" "this" {
  count = local.has_nat ? 1 : 0

  nat_gateway_id = azurerm_nat_gateway.this[0].id
  subnet_id      = azurerm_subnet.cluster.id

  depends_on = [azurerm_nat_gateway_public_ip_association.this]
}
