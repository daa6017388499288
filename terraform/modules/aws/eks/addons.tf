# EKS add-ons, in the default version of AWS for this version of Kubernetes.

locals {
  # Add-ons that nodes need to become ready, and add-ons that need nodes.
  network_addons = ["eks-pod-identity-agent", "kube-proxy", "vpc-cni"]
  other_addons   = ["aws-ebs-csi-driver", "coredns", "metrics-server"]
  addon_roles    = { vpc-cni = "aws-node", aws-ebs-csi-driver = "ebs-csi-controller-sa" }
  addon_policies = { vpc-cni = "AmazonEKS_CNI_Policy", aws-ebs-csi-driver = "service-role/AmazonEBSCSIDriverPolicy" }
  on_system      = { nodeSelector = { "mfinfra.dev/pool" = "system" }, tolerations = [{ key = "CriticalAddonsOnly", operator = "Exists" }] }
  addon_values = {
    vpc-cni            = jsonencode({ enableNetworkPolicy = "true" })
    aws-ebs-csi-driver = jsonencode({ controller = local.on_system })
    coredns            = jsonencode(local.on_system)
    metrics-server     = jsonencode(local.on_system)
  }
}

data "aws_eks_addon_version" "this" {
  for_each = toset(concat(local.network_addons, local.other_addons))

  addon_name         = each.key
  kubernetes_version = var.kubernetes_version
}

resource "aws_eks_addon" "network" {
  for_each = toset(local.network_addons)

  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  addon_version               = data.aws_eks_addon_version.this[each.key].version
  configuration_values        = lookup(local.addon_values, each.key, null)
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"

  dynamic "pod_identity_association" {
    for_each = contains(keys(local.addon_roles), each.key) ? [1] : []

    content {
      role_arn        = aws_iam_role.addon[each.key].arn
      service_account = local.addon_roles[each.key]
    }
  }

  depends_on = [aws_iam_role_policy_attachment.addon]
}

resource "aws_eks_addon" "this" {
  for_each = toset(local.other_addons)

  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  addon_version               = data.aws_eks_addon_version.this[each.key].version
  configuration_values        = lookup(local.addon_values, each.key, null)
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"

  dynamic "pod_identity_association" {
    for_each = contains(keys(local.addon_roles), each.key) ? [1] : []

    content {
      role_arn        = aws_iam_role.addon[each.key].arn
      service_account = local.addon_roles[each.key]
    }
  }

  depends_on = [aws_eks_node_group.this, aws_iam_role_policy_attachment.addon]
}

resource "aws_iam_role" "addon" {
  for_each = local.addon_roles

  name                 = "${local.role_prefix}-${each.key}"
  assume_role_policy   = data.aws_iam_policy_document.pods.json
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_role_policy_attachment" "addon" {
  for_each = local.addon_policies

  role       = aws_iam_role.addon[each.key].name
  policy_arn = "${local.policies}/${each.value}"
}
