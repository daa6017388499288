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

output "pools" {
  description = "How tasks come to each pool: labels of its nodes, and taints to accept."
  value = {
    for name in keys(var.node_pools) : name => {
      node_selector = { (local.pool_label) = name }
      tolerations   = [for taint in local.taints[name] : { key = taint.key, operator = "Equal", value = taint.value, effect = "NoSchedule" }]
    }
  }
}

output "system_pool" {
  description = "How charts and services come to the system's pool."
  value = {
    node_selector = { (local.pool_label) = "system" }
    tolerations   = [{ key = "CriticalAddonsOnly", operator = "Exists", value = null, effect = null }]
  }
}
