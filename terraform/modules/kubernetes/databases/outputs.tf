output "databases" {
  description = "Name of each database, after it has been created."
  value       = { for name in var.names : name => name }

  depends_on = [kubernetes_job_v1.this]
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value       = {}
}
