output "virtual_network_id" {
  description = "Id of the network."
  value       = data.azurerm_virtual_network.this.id
}

output "cluster_subnet_id" {
  description = "Subnet of the machines."
  value       = data.azurerm_subnet.this["cluster"].id
}

output "database_subnet_id" {
  description = "Subnet that belongs to PostgreSQL."
  value       = data.azurerm_subnet.this["database"].id
}

output "nat_ips" {
  description = "Addresses that machines are seen with outside; not known of a network that exists."
  value       = []
}

output "service_endpoints" {
  description = "Whether the machines' subnet may be named in the rules of storage accounts and key vaults."
  value       = length(setintersection(["Microsoft.Storage"], data.azurerm_subnet.this["cluster"].service_endpoint[*].service)) == 1 && length(setintersection(["Microsoft.KeyVault"], data.azurerm_subnet.this["cluster"].service_endpoint[*].service)) == 1
}
