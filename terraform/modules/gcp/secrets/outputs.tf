output "prefix" {
  description = "What the names of secrets begin with that tasks may read."
  value       = local.prefix
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value = {
    METAFLOW_DEFAULT_SECRETS_BACKEND_TYPE = "gcp-secret-manager"
    METAFLOW_GCP_SECRET_MANAGER_PREFIX    = "projects/${var.project_number}/secrets/"
  }
}
