output "databases" {
  description = "Name of each database, known once it is there."
  value       = { for name in var.names : name => name }

  depends_on = [kubernetes_job_v1.this]
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value       = {}
}
