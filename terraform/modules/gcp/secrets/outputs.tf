output "prefix" {
  description = "Prefix of the names of secrets that tasks can read."
  value       = local.prefix
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value = {
    METAFLOW_DEFAULT_SECRETS_BACKEND_TYPE = "gcp-secret-manager"
    METAFLOW_GCP_SECRET_MANAGER_PREFIX    = "projects/${var.project_number}/secrets/"
  }
}
