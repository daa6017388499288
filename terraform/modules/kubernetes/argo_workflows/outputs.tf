output "namespace" {
  description = "The namespace of controller and server."
  value       = kubernetes_namespace_v1.this.metadata[0].name
}

output "runtime_config" {
  description = "Settings that this module makes true."
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
  description = "Service account whose tokens open the pages: kubectl -n argo create token NAME."
  value       = kubernetes_service_account_v1.people.metadata[0].name
}
