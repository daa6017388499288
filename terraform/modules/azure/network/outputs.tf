output "virtual_network_id" {
  description = "ID of the virtual network."
  value       = azurerm_virtual_network.this.id
}

output "cluster_subnet_id" {
  description = "ID of the subnet of the nodes, after its security rules and NAT gateway are attached."
  value       = azurerm_subnet.cluster.id

  depends_on = [azurerm_subnet_network_security_group_association.cluster, azurerm_subnet_nat_gateway_association.this]
}

output "database_subnet_id" {
  description = "ID of the subnet that is delegated to PostgreSQL, after its security rules are attached."
  value       = azurerm_subnet.database.id

  depends_on = [azurerm_subnet_network_security_group_association.database]
}

output "endpoint_subnet_id" {
  description = "ID of the subnet of private endpoints, after its security rules are attached."
  value       = azurerm_subnet.endpoints.id

  depends_on = [azurerm_subnet_network_security_group_association.endpoints]
}

output "nat_ips" {
  description = "Public IP addresses of outbound connections."
  value       = azurerm_public_ip.nat[*].ip_address
}

output "service_endpoints" {
  description = "Whether the subnet of the nodes has service endpoints for storage accounts and key vaults."
  value       = true
}
