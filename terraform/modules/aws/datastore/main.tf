# The bucket for artifacts, code packages, cards and data.

data "aws_caller_identity" "this" {}
data "aws_region" "this" {}
data "aws_partition" "this" {}

locals {
  prefix    = "metaflow"
  generated = "${var.name}-${data.aws_caller_identity.this.account_id}-${data.aws_region.this.region}"
  name      = coalesce(var.bucket_name, local.generated)
  bucket    = var.create_bucket ? aws_s3_bucket.this[0].bucket : data.aws_s3_bucket.this[0].bucket
  arn       = var.create_bucket ? aws_s3_bucket.this[0].arn : data.aws_s3_bucket.this[0].arn
  root      = "s3://${local.bucket}/${local.prefix}"
  buckets   = merge(var.create_bucket ? { data = aws_s3_bucket.this[0] } : {}, local.has_logs ? { logs = aws_s3_bucket.logs[0] } : {})
  has_logs  = var.create_bucket && var.access_logs
}

data "aws_s3_bucket" "this" {
  count = var.create_bucket ? 0 : 1

  bucket = local.name
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_144:a second region doubles the cost; versioning and backups protect against mistakes
  #checkov:skip=CKV2_AWS_62:no component uses events of this bucket
  #checkov:skip=CKV_AWS_18:set by access_logs in the stack file
  #checkov:skip=CKV_AWS_21:set by versioning in the stack file
  #checkov:skip=CKV_AWS_145:set by kms in the stack file
  count = var.create_bucket ? 1 : 0

  bucket        = local.name
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket" "logs" {
  #checkov:skip=CKV_AWS_18:logging access to the log bucket would create endless log entries
  #checkov:skip=CKV_AWS_144:access logs are not replicated to a second region
  #checkov:skip=CKV_AWS_145:S3 log delivery supports only S3 managed keys
  #checkov:skip=CKV2_AWS_62:no component uses events of this bucket
  #checkov:skip=CKV_AWS_21:log objects are never overwritten
  count = local.has_logs ? 1 : 0

  bucket        = "${local.name}-logs"
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = local.buckets

  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = local.buckets

  bucket = each.value.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.buckets

  bucket = each.value.id

  rule {
    bucket_key_enabled = var.use_kms_key && each.key == "data"

    apply_server_side_encryption_by_default {
      sse_algorithm     = var.use_kms_key && each.key == "data" ? "aws:kms" : "AES256"
      kms_master_key_id = each.key == "data" ? var.kms_key_arn : null
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  count = var.create_bucket ? 1 : 0

  bucket = aws_s3_bucket.this[0].id

  versioning_configuration {
    status = var.versioning ? "Enabled" : "Suspended"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = local.buckets

  bucket = each.value.id

  rule {
    id     = "abandoned-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  rule {
    id     = each.key == "logs" ? "old-logs" : "old-versions"
    status = "Enabled"

    filter {}

    dynamic "expiration" {
      for_each = each.key == "logs" ? [1] : []

      content {
        days = var.log_retention_days
      }
    }

    noncurrent_version_expiration {
      noncurrent_days = var.noncurrent_days
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_logging" "this" {
  count = local.has_logs ? 1 : 0

  bucket        = aws_s3_bucket.this[0].id
  target_bucket = aws_s3_bucket.logs[0].id
  target_prefix = "access/"
}

resource "aws_s3_bucket_policy" "this" {
  for_each = local.buckets

  bucket = each.value.id
  policy = data.aws_iam_policy_document.this[each.key].json

  depends_on = [aws_s3_bucket_public_access_block.this]
}

data "aws_iam_policy_document" "this" {
  for_each = local.buckets

  statement {
    sid       = "OnlyTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [each.value.arn, "${each.value.arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  dynamic "statement" {
    for_each = each.key == "logs" ? [1] : []

    content {
      sid       = "AccessLogs"
      actions   = ["s3:PutObject"]
      resources = ["${each.value.arn}/access/*"]

      principals {
        type        = "Service"
        identifiers = ["logging.s3.amazonaws.com"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [data.aws_caller_identity.this.account_id]
      }
    }
  }
}
