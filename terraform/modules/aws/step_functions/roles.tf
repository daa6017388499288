data "aws_iam_policy_document" "trust" {
  for_each = { states = "states.amazonaws.com", events = "events.amazonaws.com" }

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = [each.value]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.this.account_id]
    }
  }
}

resource "aws_iam_role" "states" {
  name                 = "${var.name}-${data.aws_region.this.region}-step-functions"
  assume_role_policy   = data.aws_iam_policy_document.trust["states"].json
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_role_policy" "states" {
  name   = "run-flows"
  role   = aws_iam_role.states.id
  policy = data.aws_iam_policy_document.states.json
}

data "aws_iam_policy_document" "states" {
  #checkov:skip=CKV_AWS_111:IAM supports no narrower resource for batch:DescribeJobs and the actions of log delivery
  #checkov:skip=CKV_AWS_356:IAM supports no narrower resource for batch:DescribeJobs and the actions of log delivery
  statement {
    sid       = "Submit"
    actions   = ["batch:SubmitJob", "batch:TagResource"]
    resources = concat(var.queue_arns, ["${local.arn}:batch:${local.here}:job-definition/metaflow_*", "${local.arn}:batch:${local.here}:job/*"])
  }

  statement {
    sid       = "Follow"
    actions   = ["batch:DescribeJobs"]
    resources = ["*"]
  }

  statement {
    sid       = "Stop"
    actions   = ["batch:TerminateJob"]
    resources = ["${local.arn}:batch:${local.here}:job/*"]
  }

  statement {
    sid       = "Wait"
    actions   = ["events:PutTargets", "events:PutRule", "events:DescribeRule"]
    resources = ["${local.arn}:events:${local.here}:rule/StepFunctionsGetEventsForBatchJobsRule"]
  }

  statement {
    sid       = "Foreach"
    actions   = ["dynamodb:GetItem"]
    resources = [aws_dynamodb_table.this.arn]
  }

  statement {
    sid       = "DistributedMap"
    actions   = ["states:StartExecution"]
    resources = [local.state_machines]
  }

  statement {
    sid       = "DistributedMapRuns"
    actions   = ["states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"]
    resources = [local.executions]
  }

  statement {
    sid       = "DistributedMapResults"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
    resources = ["${var.bucket_arn}/${local.map_prefix}/*"]
  }

  statement {
    sid       = "DistributedMapList"
    actions   = ["s3:ListBucket"]
    resources = [var.bucket_arn]

    condition {
      test     = "StringLike"
      variable = "s3:prefix"
      values   = ["${local.map_prefix}/*"]
    }
  }

  statement {
    sid = "LogDelivery"
    actions = [
      "logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
      "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
    ]
    resources = ["*"]
  }

  dynamic "statement" {
    for_each = var.use_kms_key ? [1] : []

    content {
      sid       = "Key"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [var.kms_key_arn]
    }
  }
}

resource "aws_iam_role" "events" {
  name                 = "${var.name}-${data.aws_region.this.region}-events"
  assume_role_policy   = data.aws_iam_policy_document.trust["events"].json
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_role_policy" "events" {
  name   = "start-flows"
  role   = aws_iam_role.events.id
  policy = data.aws_iam_policy_document.events.json
}

data "aws_iam_policy_document" "events" {
  statement {
    actions   = ["states:StartExecution"]
    resources = [local.state_machines]
  }
}
