output "host" {
  description = "Address of the API."
  value       = nonsensitive(azurerm_kubernetes_cluster.this.kube_config[0].host)
}

output "ca_certificate" {
  description = "Certificate of the authority that the API is known by."
  value       = nonsensitive(base64decode(azurerm_kubernetes_cluster.this.kube_config[0].cluster_ca_certificate))
}

output "cluster_id" {
  description = "Id of the cluster."
  value       = azurerm_kubernetes_cluster.this.id
}

output "cluster_name" {
  description = "Name of the cluster."
  value       = azurerm_kubernetes_cluster.this.name
}

output "oidc_issuer" {
  description = "Address of its issuer of tokens."
  value       = azurerm_kubernetes_cluster.this.oidc_issuer_url
}

output "kubelet_principal_id" {
  description = "Identity that machines pull images with."
  value       = azurerm_user_assigned_identity.machines.principal_id
}

output "gpu_node_selector" {
  description = "Labels of nodes with a GPU."
  value       = { (local.gpu_label) = "true" }
}

output "node_selector" {
  description = "Labels of the nodes of tasks that name none."
  value       = { (local.pool_label) = var.default_pool }
}

output "system_node_selector" {
  description = "Labels of the nodes of the stack's own services."
  value       = { (local.pool_label) = "system" }
}

output "system_tolerations" {
  description = "Taints of those nodes."
  value       = [{ key = "CriticalAddonsOnly", operator = "Exists", value = null, effect = null }]
}

output "tolerations" {
  description = "Taints of all pools: a task that names a pool needs to say no more."
  value = [
    for taint in distinct(flatten(values(local.taints))) : { key = taint.key, operator = "Equal", value = taint.value, effect = "NoSchedule" }
  ]
}
