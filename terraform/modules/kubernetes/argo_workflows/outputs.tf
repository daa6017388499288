output "namespace" {
  description = "Namespace of the controller and the server."
  value       = kubernetes_namespace_v1.this.metadata[0].name
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  # Since Argo 4 a CronWorkflow has schedules, and schedule no more.
  value = merge(
    { METAFLOW_ARGO_WORKFLOWS_USE_SCHEDULES = "true" },
    var.ui_url == null ? {} : { METAFLOW_ARGO_WORKFLOWS_UI_URL = var.ui_url },
  )
}

output "server_service_account" {
  description = "Service account of the server, for an identity that reads artifacts."
  value       = local.server
}

output "user_service_account" {
  description = "Service account whose tokens sign in to the UI: kubectl -n argo create token NAME."
  value       = kubernetes_service_account_v1.people.metadata[0].name
}
