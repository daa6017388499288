output "ca_certificate" {
  description = "Certificate of who signs the API's, in PEM."
  value       = base64decode(aws_eks_cluster.this.certificate_authority[0].data)
}

output "cluster_name" {
  description = "Name of the cluster, once pods can run in it: tokens made with it last a quarter of an hour."
  value       = aws_eks_cluster.this.name

  depends_on = [
    aws_eks_node_group.this, aws_eks_addon.network, aws_eks_addon.this, aws_autoscaling_group_tag.this,
    aws_eks_access_policy_association.admin, aws_eks_pod_identity_association.autoscaler,
    aws_eks_pod_identity_association.service, aws_eks_pod_identity_association.task,
    aws_vpc_security_group_ingress_rule.database, aws_iam_role_policy.autoscaler, aws_iam_role_policy.service,
    aws_iam_role_policy.task,
  ]
}

output "gpu_node_selector" {
  description = "Labels of nodes with a GPU."
  value       = { "mfinfra.dev/gpu" = "true" }
}

output "host" {
  description = "Address of the API, once pods can run behind it."
  value       = aws_eks_cluster.this.endpoint

  # What runs in the cluster comes after all this, and goes before it.
  depends_on = [
    aws_eks_node_group.this, aws_eks_addon.network, aws_eks_addon.this, aws_autoscaling_group_tag.this,
    aws_eks_access_policy_association.admin, aws_eks_pod_identity_association.autoscaler,
    aws_eks_pod_identity_association.service, aws_eks_pod_identity_association.task,
    aws_vpc_security_group_ingress_rule.database, aws_iam_role_policy.autoscaler, aws_iam_role_policy.service,
    aws_iam_role_policy.task,
  ]
}

output "node_role_arn" {
  description = "ARN of the role of the nodes."
  value       = aws_iam_role.nodes.arn
}

output "node_selector" {
  description = "Labels of the nodes of tasks that name none."
  value       = { "mfinfra.dev/pool" = var.default_pool }
}

output "oidc_issuer" {
  description = "Who signs the tokens of service accounts."
  value       = aws_eks_cluster.this.identity[0].oidc[0].issuer
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value = {
    METAFLOW_DEFAULT_SECRETS_BACKEND_TYPE       = "aws-secrets-manager"
    METAFLOW_AWS_SECRETS_MANAGER_DEFAULT_REGION = data.aws_region.this.region
  }
}

output "security_group_id" {
  description = "Security group of nodes and pods."
  value       = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
}

output "system_node_selector" {
  description = "Labels of the nodes of the stack's own services."
  value       = { "mfinfra.dev/pool" = "system" }
}

output "system_tolerations" {
  description = "Taints of those nodes."
  value       = [{ key = "CriticalAddonsOnly", operator = "Exists", value = null, effect = null }]
}

output "task_role_arn" {
  description = "ARN of the role that tasks have."
  value       = aws_iam_role.task.arn
}

output "tolerations" {
  description = "Taints of all pools: a task that names a pool needs to say no more."
  value       = [for taint in local.tolerated : { key = taint.key, operator = "Equal", value = taint.value, effect = "NoSchedule" }]
}
