output "internal_url" {
  description = "Where tasks reach the service, inside the cluster."
  value       = local.url
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value = {
    METAFLOW_DEFAULT_METADATA     = "service"
    METAFLOW_SERVICE_INTERNAL_URL = local.url
  }
}
