# Private endpoints for services outside of the network. Inside the network, DNS resolves their names to these addresses;
# elsewhere it does not change.

resource "azurerm_private_dns_zone" "this" {
  for_each = toset([for target in var.targets : target.zone])

  name                = each.key
  resource_group_name = var.resource_group_name
  tags                = var.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "this" {
  for_each = azurerm_private_dns_zone.this

  name                = var.name
  private_dns_zone_id = each.value.id
  virtual_network_id  = var.virtual_network_id
  tags                = var.tags
}

resource "azurerm_private_endpoint" "this" {
  for_each = var.targets

  name                = "${var.name}-${each.key}"
  resource_group_name = var.resource_group_name
  location            = var.location
  subnet_id           = var.subnet_id
  tags                = var.tags

  private_service_connection {
    name                           = "${var.name}-${each.key}"
    private_connection_resource_id = each.value.id
    subresource_names              = [each.value.subresource]
    is_manual_connection           = false
  }

  private_dns_zone_group {
    name                 = each.key
    private_dns_zone_ids = [azurerm_private_dns_zone.this[each.value.zone].id]
  }

  depends_on = [azurerm_private_dns_zone_virtual_network_link.this]
}
