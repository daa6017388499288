output "queue_arns" {
  description = "ARN of the Batch queue of each pool."
  value       = { for name, queue in aws_batch_job_queue.this : name => queue.arn }
}

output "default_queue_arn" {
  description = "ARN of the default queue."
  value       = aws_batch_job_queue.this[var.default_pool].arn
}

output "compute_environment_arns" {
  description = "ARN of the compute environment of each pool."
  value       = { for name, environment in aws_batch_compute_environment.this : name => environment.arn }
}

output "task_role_arn" {
  description = "ARN of the IAM role of tasks."
  value       = aws_iam_role.task.arn
}

output "task_role_name" {
  description = "Name of the IAM role of tasks."
  value       = aws_iam_role.task.name
}

output "execution_role_arn" {
  description = "ARN of the execution role for containers on Fargate."
  value       = aws_iam_role.execution.arn
}

output "security_group_id" {
  description = "ID of the security group of the instances."
  value       = aws_security_group.this.id
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value = {
    METAFLOW_BATCH_JOB_QUEUE                    = aws_batch_job_queue.this[var.default_pool].arn
    METAFLOW_ECS_S3_ACCESS_IAM_ROLE             = aws_iam_role.task.arn
    METAFLOW_ECS_FARGATE_EXECUTION_ROLE         = aws_iam_role.execution.arn
    METAFLOW_BATCH_EMIT_TAGS                    = "true"
    METAFLOW_BATCH_DEFAULT_TAGS                 = jsonencode(var.tags)
    METAFLOW_DEFAULT_SECRETS_BACKEND_TYPE       = "aws-secrets-manager"
    METAFLOW_AWS_SECRETS_MANAGER_DEFAULT_REGION = data.aws_region.this.region
  }
}
