# Needs no account: responses of Azure are mocked.

mock_provider "azurerm" {
  mock_resource "azurerm_private_dns_zone" {
    defaults = { id = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.Network/privateDnsZones/privatelink.blob.core.windows.net" }
  }
}

run "each_has_an_address_and_a_name" {
  command = plan

  variables {
    name                = "demo"
    resource_group_name = "demo"
    location            = "westeurope"
    subnet_id           = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.Network/virtualNetworks/demo/subnets/endpoints"
    virtual_network_id  = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.Network/virtualNetworks/demo"
    targets = {
      blob  = { id = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.Storage/storageAccounts/a", subresource = "blob", zone = "privatelink.blob.core.windows.net" }
      other = { id = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.KeyVault/vaults/w", subresource = "vault", zone = "privatelink.vaultcore.azure.net" }
      vault = { id = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.KeyVault/vaults/v", subresource = "vault", zone = "privatelink.vaultcore.azure.net" }
    }
  }

  assert {
    condition     = azurerm_private_endpoint.this["blob"].private_service_connection[0].subresource_names == tolist(["blob"]) && length(azurerm_private_dns_zone.this) == 2
    error_message = "Names do not resolve to private addresses."
  }
}
