output "virtual_network_id" {
  description = "ID of the virtual network."
  value       = data.azurerm_virtual_network.this.id
}

output "cluster_subnet_id" {
  description = "ID of the subnet of the nodes."
  value       = data.azurerm_subnet.this["cluster"].id
}

output "database_subnet_id" {
  description = "ID of the subnet that is delegated to PostgreSQL."
  value       = data.azurerm_subnet.this["database"].id
}

output "nat_ips" {
  description = "Public IP addresses of outbound connections; unknown for an existing network."
  value       = []
}

output "service_endpoints" {
  description = "Whether the subnet of the nodes has service endpoints for storage accounts and key vaults."
  value       = length(setintersection(["Microsoft.Storage"], data.azurerm_subnet.this["cluster"].service_endpoint[*].service)) == 1 && length(setintersection(["Microsoft.KeyVault"], data.azurerm_subnet.this["cluster"].service_endpoint[*].service)) == 1
}
