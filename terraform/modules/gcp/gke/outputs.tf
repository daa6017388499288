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
  description = "Labels of the nodes of each pool."
  value       = { for name in keys(local.pools) : name => { "mfinfra.dev/pool" = name } }
}

output "oidc_issuer" {
  description = "Issuer of the tokens of its service accounts."
  value       = "https://container.googleapis.com/v1/${google_container_cluster.this.id}"
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value       = {}
}

output "tolerations" {
  description = "Taints of the pools, for tasks that may run on any of them: the labels say which."
  value = concat(
    anytrue([for pool in var.node_pools : pool.spot]) ? [{ key = local.spot_taint.key, operator = "Equal", value = local.spot_taint.value, effect = "NoSchedule" }] : [],
    anytrue([for pool in var.node_pools : pool.gpu]) ? [{ key = "nvidia.com/gpu", operator = "Exists", value = null, effect = "NoSchedule" }] : [],
  )
}

output "workload_pool" {
  description = "The pool of its service accounts, once it is there."
  value       = "${var.project}.svc.id.goog"

  depends_on = [google_container_cluster.this]
}
