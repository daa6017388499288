output "namespace" {
  description = "Namespace of Airflow."
  value       = kubernetes_namespace_v1.this.metadata[0].name
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  # Without a connection and a kubeconfig, tasks are started by the service account of the worker, in the same cluster.
  value = {
    METAFLOW_AIRFLOW_KUBERNETES_STARTUP_TIMEOUT_SECONDS = "3600"
  }
}

output "service_account" {
  description = "Service account of all pods of Airflow, for an identity that reads DAGs and writes logs."
  value       = local.service_account
}

output "admin_secret" {
  description = "Kubernetes secret with the password of the account admin."
  value       = kubernetes_secret_v1.admin.metadata[0].name
}

output "dags_url" {
  description = "URL for DAGs in the object store; null if DAGs come from a Git repository."
  value       = var.dags.url
}
