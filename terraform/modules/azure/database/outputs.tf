output "database" {
  description = "Host, port and name of the database."
  value = {
    host = azurerm_postgresql_flexible_server.this.fqdn
    port = 5432
    name = azurerm_postgresql_flexible_server_database.this.name
  }
}

output "server_id" {
  description = "ID of the database server."
  value       = azurerm_postgresql_flexible_server.this.id
}
