# Permissions of pods in AWS: tasks, services of the stack, and the autoscaler. A role is associated with a service account.

data "aws_iam_policy_document" "pods" {
  statement {
    actions = ["sts:AssumeRole", "sts:TagSession"]

    principals {
      type        = "Service"
      identifiers = [local.pods]
    }
  }
}

resource "aws_iam_role" "task" {
  name                 = "${local.role_prefix}-task"
  assume_role_policy   = data.aws_iam_policy_document.pods.json
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_role_policy" "task" {
  name   = "data"
  role   = aws_iam_role.task.id
  policy = data.aws_iam_policy_document.task.json
}

resource "aws_eks_pod_identity_association" "task" {
  for_each = var.namespaces

  cluster_name    = aws_eks_cluster.this.name
  namespace       = each.key
  service_account = "flows"
  role_arn        = aws_iam_role.task.arn
}

data "aws_iam_policy_document" "task" {
  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [var.bucket_arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = [var.prefix, "${var.prefix}/*"]
    }
  }

  statement {
    sid       = "Objects"
    actions   = local.write_actions
    resources = ["${var.bucket_arn}/${var.prefix}/*"]
  }

  dynamic "statement" {
    for_each = var.use_kms_key ? [1] : []

    content {
      sid       = "Key"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [var.kms_key_arn]
    }
  }

  dynamic "statement" {
    for_each = length(var.secret_arns) > 0 ? [1] : []

    content {
      sid       = "Secrets"
      actions   = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
      resources = var.secret_arns
    }
  }
}

locals {
  write_actions = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
}

data "aws_iam_policy_document" "service" {
  for_each = var.services

  # A program that checks whether the bucket exists sends HeadBucket, which is authorized as ListBucket without a prefix.
  statement {
    sid       = "List"
    actions   = ["s3:ListBucket"]
    resources = [var.bucket_arn]

    dynamic "condition" {
      for_each = each.value.checks_bucket ? [] : [1]

      content {
        test     = "StringLike"
        variable = "s3:prefix"
        values   = flatten([for prefix in concat(each.value.read, each.value.write) : [prefix, "${prefix}/*"]])
      }
    }
  }

  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"]
    resources = [for prefix in concat(each.value.read, each.value.write) : "${var.bucket_arn}/${prefix}/*"]
  }

  dynamic "statement" {
    for_each = length(each.value.write) > 0 ? [1] : []

    content {
      sid       = "Write"
      actions   = local.write_actions
      resources = [for prefix in each.value.write : "${var.bucket_arn}/${prefix}/*"]
    }
  }

  dynamic "statement" {
    for_each = var.use_kms_key ? [1] : []

    content {
      sid       = "Key"
      actions   = length(each.value.write) > 0 ? ["kms:Decrypt", "kms:GenerateDataKey"] : ["kms:Decrypt"]
      resources = [var.kms_key_arn]
    }
  }
}

resource "aws_iam_role" "service" {
  for_each = var.services

  name                 = "${local.role_prefix}-${each.key}"
  assume_role_policy   = data.aws_iam_policy_document.pods.json
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_role_policy" "service" {
  for_each = var.services

  name   = "data"
  role   = aws_iam_role.service[each.key].id
  policy = data.aws_iam_policy_document.service[each.key].json
}

resource "aws_eks_pod_identity_association" "service" {
  for_each = var.services

  cluster_name    = aws_eks_cluster.this.name
  namespace       = each.value.namespace
  service_account = each.value.service_account
  role_arn        = aws_iam_role.service[each.key].arn
}

resource "aws_iam_role" "autoscaler" {
  name                 = "${local.role_prefix}-autoscaler"
  assume_role_policy   = data.aws_iam_policy_document.pods.json
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_role_policy" "autoscaler" {
  name   = "scale"
  role   = aws_iam_role.autoscaler.id
  policy = data.aws_iam_policy_document.autoscaler.json
}

resource "aws_eks_pod_identity_association" "autoscaler" {
  cluster_name    = aws_eks_cluster.this.name
  namespace       = "kube-system"
  service_account = "cluster-autoscaler"
  role_arn        = aws_iam_role.autoscaler.arn
}

data "aws_iam_policy_document" "autoscaler" {
  #checkov:skip=CKV_AWS_356:AWS supports no narrower resource for Describe actions
  statement {
    sid = "See"
    actions = [
      "autoscaling:DescribeAutoScalingGroups", "autoscaling:DescribeAutoScalingInstances", "autoscaling:DescribeLaunchConfigurations",
      "autoscaling:DescribeScalingActivities", "autoscaling:DescribeTags", "ec2:DescribeImages", "ec2:DescribeInstanceTypes",
      "ec2:DescribeLaunchTemplateVersions", "ec2:GetInstanceTypesFromInstanceRequirements",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "Groups"
    actions   = ["eks:DescribeNodegroup"]
    resources = ["arn:${data.aws_partition.this.partition}:eks:${data.aws_region.this.region}:*:nodegroup/${var.name}/*"]
  }

  statement {
    sid       = "Scale"
    actions   = ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"]
    resources = ["arn:${data.aws_partition.this.partition}:autoscaling:${data.aws_region.this.region}:*:autoScalingGroup:*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/k8s.io/cluster-autoscaler/${var.name}"
      values   = ["owned"]
    }
  }
}
