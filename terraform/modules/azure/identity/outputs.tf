output "client_id" {
  description = "What pods ask for the identity with."
  value       = azurerm_user_assigned_identity.this.client_id
}

output "annotations" {
  description = "What binds a service account of Kubernetes to it."
  value       = { "azure.workload.identity/client-id" = azurerm_user_assigned_identity.this.client_id }
}

output "pod_labels" {
  description = "What pods ask for its token with."
  value       = { "azure.workload.identity/use" = "true" }
}
