output "addresses" {
  description = "Private IP address of each endpoint."
  value       = { for key, endpoint in azurerm_private_endpoint.this : key => endpoint.private_service_connection[0].private_ip_address }
}
