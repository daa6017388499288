output "virtual_network_id" {
  description = "Id of the network."
  value       = azurerm_virtual_network.this.id
}

output "cluster_subnet_id" {
  description = "Subnet of the machines, once it has its rules and its way out."
  value       = azurerm_subnet.cluster.id

  depends_on = [azurerm_subnet_network_security_group_association.cluster, azurerm_subnet_nat_gateway_association.this]
}

output "database_subnet_id" {
  description = "Subnet that belongs to PostgreSQL, once it has its rules."
  value       = azurerm_subnet.database.id

  depends_on = [azurerm_subnet_network_security_group_association.database]
}

output "endpoint_subnet_id" {
  description = "Subnet of private endpoints, once it has its rules."
  value       = azurerm_subnet.endpoints.id

  depends_on = [azurerm_subnet_network_security_group_association.endpoints]
}

output "nat_ips" {
  description = "Addresses that machines are seen with outside."
  value       = azurerm_public_ip.nat[*].ip_address
}

output "service_endpoints" {
  description = "Whether the machines' subnet may be named in the rules of storage accounts and key vaults."
  value       = true
}
