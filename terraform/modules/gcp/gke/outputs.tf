output "ca_certificate" {
  description = "Certificate of the authority that signed the API's, as PEM."
  value       = base64decode(google_container_cluster.this.master_auth[0].cluster_ca_certificate)
}

output "cluster_name" {
  description = "Name of the cluster."
  value       = google_container_cluster.this.name
}

output "host" {
  description = "Address of the API, once there are nodes for what is installed by it."
  value       = "https://${google_container_cluster.this.endpoint}"

  depends_on = [google_container_node_pool.this, google_compute_firewall.webhooks]
}

output "location" {
  description = "Region or zone of the cluster."
  value       = google_container_cluster.this.location
}

output "node_member" {
  description = "The account of the nodes, as a member of a policy."
  value       = google_service_account.nodes.member
}

output "node_selector" {
  description = "Labels of the nodes of tasks that name none."
  value       = { "mfinfra.dev/pool" = var.default_pool }
}

output "oidc_issuer" {
  description = "Issuer of the tokens of its service accounts."
  value       = "https://container.googleapis.com/v1/${google_container_cluster.this.id}"
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value       = {}
}

output "system_node_selector" {
  description = "Labels of the nodes of the stack's own services."
  value       = { "mfinfra.dev/pool" = "system" }
}

output "system_tolerations" {
  description = "Taints of those nodes: none."
  value       = []
}

output "tolerations" {
  description = "Taints of all pools: a task that names a pool needs to say no more."
  value = concat(
    anytrue([for pool in var.node_pools : pool.spot]) ? [{ key = "mfinfra.dev/spot", operator = "Equal", value = "true", effect = "NoSchedule" }] : [],
    anytrue([for pool in var.node_pools : pool.gpu]) ? [{ key = "nvidia.com/gpu", operator = "Equal", value = "present", effect = "NoSchedule" }] : [],
  )
}

output "workload_pool" {
  description = "The pool of its service accounts, once it is there."
  value       = "${var.project}.svc.id.goog"

  depends_on = [google_container_cluster.this]
}
