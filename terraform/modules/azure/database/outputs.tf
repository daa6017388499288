output "database" {
  description = "Where the database is."
  value = {
    host = azurerm_postgresql_flexible_server.this.fqdn
    port = 5432
    name = azurerm_postgresql_flexible_server_database.this.name
  }
}

output "server_id" {
  description = "Id of the server."
  value       = azurerm_postgresql_flexible_server.this.id
}
