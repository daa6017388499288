output "namespace" {
  description = "The namespace of Airflow."
  value       = kubernetes_namespace_v1.this.metadata[0].name
}

output "runtime_config" {
  description = "Settings that this module makes true."
  # Without a connection and a kubeconfig, tasks are started by the service account of the worker, in the same cluster.
  value = {
    METAFLOW_AIRFLOW_KUBERNETES_STARTUP_TIMEOUT_SECONDS = "3600"
  }
}

output "service_account" {
  description = "Service account of everything of Airflow, for an identity that reads DAGs and keeps logs."
  value       = local.service_account
}

output "admin_secret" {
  description = "Secret in the namespace with the password of the account admin."
  value       = kubernetes_secret_v1.admin.metadata[0].name
}

output "dags_url" {
  description = "Where DAGs are put; null where they come from a repository."
  value       = var.dags.url
}
