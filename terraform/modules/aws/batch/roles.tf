# Three roles: of the instances, of task execution, and of the tasks themselves.

data "aws_iam_policy_document" "trust" {
  for_each = { machine = "ec2.${data.aws_partition.this.dns_suffix}", tasks = "ecs-tasks.amazonaws.com" }

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = [each.value]
    }
  }
}

resource "aws_iam_role" "machine" {
  name                 = "${var.name}-${data.aws_region.this.region}-machine"
  assume_role_policy   = data.aws_iam_policy_document.trust["machine"].json
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_role_policy_attachment" "machine" {
  role       = aws_iam_role.machine.name
  policy_arn = "arn:${data.aws_partition.this.partition}:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
}

resource "aws_iam_instance_profile" "machine" {
  name = "${var.name}-${data.aws_region.this.region}-machine"
  role = aws_iam_role.machine.name
}

resource "aws_iam_role" "execution" {
  name                 = "${var.name}-${data.aws_region.this.region}-execution"
  assume_role_policy   = data.aws_iam_policy_document.trust["tasks"].json
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_role_policy_attachment" "execution" {
  role       = aws_iam_role.execution.name
  policy_arn = "arn:${data.aws_partition.this.partition}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

resource "aws_iam_role" "task" {
  name                 = "${var.name}-${data.aws_region.this.region}-task"
  assume_role_policy   = data.aws_iam_policy_document.trust["tasks"].json
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_role_policy" "task" {
  name   = "data"
  role   = aws_iam_role.task.id
  policy = data.aws_iam_policy_document.task.json
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
    actions   = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
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
