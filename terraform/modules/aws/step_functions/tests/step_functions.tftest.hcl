# Needs no account: responses of AWS are mocked.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_data "aws_availability_zones" {
    defaults = { names = ["us-east-1a", "us-east-1b", "us-east-1c"] }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com", reverse_dns_prefix = "com.amazonaws" }
  }
}

variables {
  name               = "demo"
  queue_arns         = ["arn:aws:batch:us-east-1:123456789012:job-queue/demo-cpu"]
  task_role_arn      = "arn:aws:iam::123456789012:role/demo-task"
  task_role_name     = "demo-task"
  execution_role_arn = "arn:aws:iam::123456789012:role/demo-execution"
  bucket_name        = "demo"
  bucket_arn         = "arn:aws:s3:::demo"
}

run "what_foreach_needs" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.this.hash_key == "pathspec" && aws_dynamodb_table.this.ttl[0].attribute_name == "ttl"
    error_message = "Flows cannot use the table."
  }

  assert {
    condition     = aws_iam_role_policy.task.role == "demo-task"
    error_message = "Tasks have no access to the table."
  }

  assert {
    condition     = startswith(aws_cloudwatch_log_group.this.name, "/aws/vendedlogs/")
    error_message = "The log group would fill the resource policy of the account."
  }
}
