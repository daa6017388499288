output "role_arn" {
  description = "ARN of the IAM role of state machines."
  value       = aws_iam_role.states.arn
}

output "events_role_arn" {
  description = "ARN of the IAM role of EventBridge schedules."
  value       = aws_iam_role.events.arn
}

output "table_name" {
  description = "Name of the DynamoDB table for foreach steps."
  value       = aws_dynamodb_table.this.name
}

output "log_group_arn" {
  description = "ARN of the log group of executions."
  value       = aws_cloudwatch_log_group.this.arn
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value = {
    METAFLOW_SFN_IAM_ROLE                       = aws_iam_role.states.arn
    METAFLOW_EVENTS_SFN_ACCESS_IAM_ROLE         = aws_iam_role.events.arn
    METAFLOW_SFN_DYNAMO_DB_TABLE                = aws_dynamodb_table.this.name
    METAFLOW_SFN_STATE_MACHINE_PREFIX           = var.name
    METAFLOW_SFN_EXECUTION_LOG_GROUP_ARN        = "${aws_cloudwatch_log_group.this.arn}:*"
    METAFLOW_SFN_S3_DISTRIBUTED_MAP_OUTPUT_PATH = "s3://${var.bucket_name}/${local.map_prefix}"
    METAFLOW_SFN_COMPRESS_STATE_MACHINE         = "true"
  }
}
