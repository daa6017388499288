output "databases" {
  description = "Where each database is, once it and its account are there."
  value = {
    for name in var.names : name => {
      host = google_sql_database_instance.this.private_ip_address
      port = 5432
      name = google_sql_database.this[name].name
    }
  }
}

output "instance" {
  description = "Name of the instance."
  value       = google_sql_database_instance.this.name
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value       = {}
}
