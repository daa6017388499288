output "ca_certificate" {
  description = "CA certificate of the API server, in PEM."
  value       = base64decode(google_container_cluster.this.master_auth[0].cluster_ca_certificate)
}

output "cluster_name" {
  description = "Name of the cluster."
  value       = google_container_cluster.this.name
}

output "host" {
  description = "URL of the API server, after the cluster has nodes for the charts."
  value       = "https://${google_container_cluster.this.endpoint}"

  depends_on = [google_container_node_pool.this, google_compute_firewall.webhooks]
}

output "location" {
  description = "Region or zone of the cluster."
  value       = google_container_cluster.this.location
}

output "node_member" {
  description = "Service account of the nodes, as an IAM member."
  value       = google_service_account.nodes.member
}

output "node_selector" {
  description = "Node selector for tasks that select no pool."
  value       = { "mfinfra.dev/pool" = var.default_pool }
}

output "oidc_issuer" {
  description = "URL of the OIDC issuer of service account tokens."
  value       = "https://container.googleapis.com/v1/${google_container_cluster.this.id}"
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value       = {}
}

output "system_node_selector" {
  description = "Node selector for the services of the stack."
  value       = { "mfinfra.dev/pool" = "system" }
}

output "system_tolerations" {
  description = "Tolerations for the services of the stack: none."
  value       = []
}

output "tolerations" {
  description = "Tolerations for the taints of all pools, so that tasks only need to select a pool."
  value = concat(
    anytrue([for pool in var.node_pools : pool.spot]) ? [{ key = "mfinfra.dev/spot", operator = "Equal", value = "true", effect = "NoSchedule" }] : [],
    anytrue([for pool in var.node_pools : pool.gpu]) ? [{ key = "nvidia.com/gpu", operator = "Equal", value = "present", effect = "NoSchedule" }] : [],
    # GKE taints ARM nodes itself, so that images for x86 are not scheduled to them.
    anytrue([for pool in var.node_pools : can(regex("^(t2a|c4a|n4a|a4x)-", pool.machine_types[0]))]) ? [{ key = "kubernetes.io/arch", operator = "Equal", value = "arm64", effect = "NoSchedule" }] : [],
  )
}

output "workload_pool" {
  description = "Workload identity pool of the cluster, after it has been created."
  value       = "${var.project}.svc.id.goog"

  depends_on = [google_container_cluster.this]
}
