# A cluster: its API server, access to it, and its logs. Its creator is administrator; other principals have access entries.

data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  policies    = "arn:${data.aws_partition.this.partition}:iam::aws:policy"
  access      = "arn:${data.aws_partition.this.partition}:eks::aws:cluster-access-policy"
  role_prefix = "${var.name}-${data.aws_region.this.region}"
  pods        = "pods.eks.amazonaws.com"
}

# Created before the cluster, which would otherwise create it without retention and without the key.
resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:the stack file sets the retention of logs
  #checkov:skip=CKV_AWS_158:set by kms_key_arn
  name              = "/aws/eks/${var.name}/cluster"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_eks_cluster" "this" {
  #checkov:skip=CKV_AWS_38:set by endpoint and allow_cidrs
  #checkov:skip=CKV_AWS_39:set by endpoint
  #checkov:skip=CKV_AWS_58:set by kms_key_arn; without it AWS encrypts with a key of its own
  name                          = var.name
  version                       = var.kubernetes_version
  role_arn                      = aws_iam_role.cluster.arn
  enabled_cluster_log_types     = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
  bootstrap_self_managed_addons = false
  deletion_protection           = var.deletion_protection

  access_config {
    authentication_mode                         = "API"
    bootstrap_cluster_creator_admin_permissions = true
  }

  vpc_config {
    subnet_ids              = var.subnet_ids
    endpoint_private_access = true
    endpoint_public_access  = var.endpoint == "public"
    public_access_cidrs     = var.endpoint == "public" ? (length(var.allow_cidrs) > 0 ? var.allow_cidrs : ["0.0.0.0/0"]) : null
  }

  # With standard support only, AWS upgrades the cluster to a newer version at its end. Terraform would then plan a
  # downgrade, which is impossible. Extended support keeps the version, and costs more until the version is raised.
  upgrade_policy {
    support_type = "EXTENDED"
  }

  dynamic "encryption_config" {
    for_each = var.use_kms_key ? [1] : []

    content {
      resources = ["secrets"]

      provider {
        key_arn = var.kms_key_arn
      }
    }
  }

  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy_attachment.cluster]
}

resource "aws_eks_access_entry" "admin" {
  for_each = var.admin_arns

  cluster_name  = aws_eks_cluster.this.name
  principal_arn = each.key
}

resource "aws_eks_access_policy_association" "admin" {
  for_each = var.admin_arns

  cluster_name  = aws_eks_cluster.this.name
  principal_arn = aws_eks_access_entry.admin[each.key].principal_arn
  policy_arn    = "${local.access}/AmazonEKSClusterAdminPolicy"

  access_scope {
    type = "cluster"
  }
}

data "aws_iam_policy_document" "trust" {
  for_each = { cluster = "eks.amazonaws.com", nodes = "ec2.${data.aws_partition.this.dns_suffix}" }

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = [each.value]
    }
  }
}

resource "aws_iam_role" "cluster" {
  name                 = "${local.role_prefix}-cluster"
  assume_role_policy   = data.aws_iam_policy_document.trust["cluster"].json
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_role_policy_attachment" "cluster" {
  role       = aws_iam_role.cluster.name
  policy_arn = "${local.policies}/AmazonEKSClusterPolicy"
}

# Pods have IP addresses of the network and the security group of the cluster.
resource "aws_vpc_security_group_ingress_rule" "database" {
  security_group_id            = var.database.security_group
  description                  = "PostgreSQL from the cluster of ${var.name}"
  referenced_security_group_id = aws_eks_cluster.this.vpc_config[0].cluster_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = var.database.port
  to_port                      = var.database.port
}
