output "internal_url" {
  description = "URL of the metadata service for tasks, in the cluster."
  value       = local.url
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value = {
    METAFLOW_DEFAULT_METADATA     = "service"
    METAFLOW_SERVICE_INTERNAL_URL = local.url
  }
}
