output "databases" {
  description = "Host, port and name of each database, after it and its account have been created."
  value = {
    for name in var.names : name => {
      host = google_sql_database_instance.this.private_ip_address
      port = 5432
      name = google_sql_database.this[name].name
    }
  }
}

output "instance" {
  description = "Name of the Cloud SQL instance."
  value       = google_sql_database_instance.this.name
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value       = {}
}
