# What flows need to run on AWS Step Functions: a table for foreach steps, a log, and the roles of state machines and
# of the schedules that start them. State machines are made by `step-functions create` of a flow, named NAME_FLOW.

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  here           = "${data.aws_region.this.region}:${data.aws_caller_identity.this.account_id}"
  arn            = "arn:${data.aws_partition.this.partition}"
  state_machines = "${local.arn}:states:${local.here}:stateMachine:${var.name}_*"
  executions     = "${local.arn}:states:${local.here}:execution:${var.name}_*:*"
  map_runs       = "${local.arn}:states:${local.here}:mapRun:${var.name}_*/*:*"
  map_prefix     = "${var.prefix}/sfn_distributed_map_output"
}

resource "aws_dynamodb_table" "this" {
  #checkov:skip=CKV_AWS_119:with no key of its own the stack has no key for the table either; AWS encrypts it
  #checkov:skip=CKV_AWS_28:point_in_time_recovery decides; rows live for the time of one run
  name                        = "${var.name}-foreach"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "pathspec"
  deletion_protection_enabled = var.deletion_protection

  attribute {
    name = "pathspec"
    type = "S"
  }

  ttl {
    attribute_name = "ttl"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }
}

# Logs of executions go to groups whose names begin with /aws/vendedlogs/: the policy of the account then has room.
resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:the stack file says how long logs are kept
  name              = "/aws/vendedlogs/states/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_iam_role_policy" "task" {
  name   = "foreach-table"
  role   = var.task_role_name
  policy = data.aws_iam_policy_document.task.json
}

data "aws_iam_policy_document" "task" {
  statement {
    sid       = "Foreach"
    actions   = ["dynamodb:PutItem", "dynamodb:GetItem", "dynamodb:UpdateItem"]
    resources = [aws_dynamodb_table.this.arn]
  }
}
