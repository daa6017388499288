output "client_id" {
  description = "Client ID of the managed identity, for pods."
  value       = azurerm_user_assigned_identity.this.client_id
}

output "annotations" {
  description = "Annotations that bind a Kubernetes service account to the identity."
  value       = { "azure.workload.identity/client-id" = azurerm_user_assigned_identity.this.client_id }
}

output "pod_labels" {
  description = "Labels of pods that use workload identity."
  value       = { "azure.workload.identity/use" = "true" }
}
