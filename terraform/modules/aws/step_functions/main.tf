# Resources for flows on AWS Step Functions: a table for foreach steps, a log group, and the roles of state machines and
# of the schedules that start them. `step-functions create` of a flow creates its state machine, NAME_FLOW.

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  here           = "${data.aws_region.this.region}:${data.aws_caller_identity.this.account_id}"
  arn            = "arn:${data.aws_partition.this.partition}"
  state_machines = "${local.arn}:states:${local.here}:stateMachine:${var.name}_*"
  executions     = "${local.arn}:states:${local.here}:execution:${var.name}_*:*"
  map_prefix     = "${var.prefix}/sfn_distributed_map_output"
}

resource "aws_dynamodb_table" "this" {
  #checkov:skip=CKV_AWS_119:without a key of the stack, AWS encrypts the table with a key of its own
  #checkov:skip=CKV_AWS_28:set by point_in_time_recovery; rows are needed only during one run
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

# Names of log groups for executions begin with /aws/vendedlogs/, otherwise the account's resource policy reaches its size limit.
resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:the stack file sets the retention of logs
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
