output "ca_certificate" {
  description = "CA certificate of the API server, in PEM."
  value       = base64decode(aws_eks_cluster.this.certificate_authority[0].data)
}

output "cluster_name" {
  description = "Name of the cluster, after it can run pods."
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
  description = "Node selector for nodes with GPUs."
  value       = { "mfinfra.dev/gpu" = "true" }
}

output "host" {
  description = "URL of the API server, after the cluster can run pods."
  value       = aws_eks_cluster.this.endpoint

  # Resources in the cluster are created after these resources, and deleted before them.
  depends_on = [
    aws_eks_node_group.this, aws_eks_addon.network, aws_eks_addon.this, aws_autoscaling_group_tag.this,
    aws_eks_access_policy_association.admin, aws_eks_pod_identity_association.autoscaler,
    aws_eks_pod_identity_association.service, aws_eks_pod_identity_association.task,
    aws_vpc_security_group_ingress_rule.database, aws_iam_role_policy.autoscaler, aws_iam_role_policy.service,
    aws_iam_role_policy.task,
  ]
}

output "node_role_arn" {
  description = "ARN of the IAM role of the nodes."
  value       = aws_iam_role.nodes.arn
}

output "node_selector" {
  description = "Node selector for tasks that select no pool."
  value       = { "mfinfra.dev/pool" = var.default_pool }
}

output "oidc_issuer" {
  description = "URL of the OIDC issuer of service account tokens."
  value       = aws_eks_cluster.this.identity[0].oidc[0].issuer
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value = {
    METAFLOW_DEFAULT_SECRETS_BACKEND_TYPE       = "aws-secrets-manager"
    METAFLOW_AWS_SECRETS_MANAGER_DEFAULT_REGION = data.aws_region.this.region
  }
}

output "security_group_id" {
  description = "ID of the security group of nodes and pods."
  value       = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
}

output "system_node_selector" {
  description = "Node selector for the services of the stack."
  value       = { "mfinfra.dev/pool" = "system" }
}

output "system_tolerations" {
  description = "Tolerations for the services of the stack."
  value       = [{ key = "CriticalAddonsOnly", operator = "Exists", value = null, effect = null }]
}

output "task_role_arn" {
  description = "ARN of the IAM role of tasks."
  value       = aws_iam_role.task.arn
}

output "tolerations" {
  description = "Tolerations for the taints of all pools, so that tasks only need to select a pool."
  value       = [for taint in local.tolerated : { key = taint.key, operator = "Equal", value = taint.value, effect = "NoSchedule" }]
}
