output "host" {
  description = "URL of the API server."
  value       = nonsensitive(azurerm_kubernetes_cluster.this.kube_config[0].host)
}

output "ca_certificate" {
  description = "CA certificate of the API server."
  value       = nonsensitive(base64decode(azurerm_kubernetes_cluster.this.kube_config[0].cluster_ca_certificate))
}

output "cluster_id" {
  description = "ID of the cluster."
  value       = azurerm_kubernetes_cluster.this.id
}

output "cluster_name" {
  description = "Name of the cluster."
  value       = azurerm_kubernetes_cluster.this.name
}

output "oidc_issuer" {
  description = "URL of the OIDC issuer of service account tokens."
  value       = azurerm_kubernetes_cluster.this.oidc_issuer_url
}

output "kubelet_principal_id" {
  description = "Principal ID of the kubelet identity, which pulls images."
  value       = azurerm_user_assigned_identity.machines.principal_id
}

output "gpu_node_selector" {
  description = "Node selector for nodes with GPUs."
  value       = { (local.gpu_label) = "true" }
}

output "node_selector" {
  description = "Node selector for tasks that select no pool."
  value       = { (local.pool_label) = var.default_pool }
}

output "system_node_selector" {
  description = "Node selector for the services of the stack."
  value       = { (local.pool_label) = "system" }
}

output "system_tolerations" {
  description = "Tolerations for the services of the stack."
  value       = [{ key = "CriticalAddonsOnly", operator = "Exists", value = null, effect = null }]
}

output "tolerations" {
  description = "Tolerations for the taints of all pools, so that tasks only need to select a pool."
  value = [
    for taint in distinct(flatten(values(local.taints))) : { key = taint.key, operator = "Equal", value = taint.value, effect = "NoSchedule" }
  ]
}
