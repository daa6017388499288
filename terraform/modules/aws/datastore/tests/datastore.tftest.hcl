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
  name = "demo"
}

run "private_and_encrypted" {
  command = plan

  assert {
    condition     = alltrue([for block in aws_s3_bucket_public_access_block.this : block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets])
    error_message = "A bucket can become public."
  }

  assert {
    condition     = !aws_s3_bucket.this[0].force_destroy
    error_message = "Data would be deleted without confirmation."
  }

  assert {
    condition     = aws_s3_bucket.this[0].bucket == "demo-123456789012-us-east-1"
    error_message = "The name of the bucket is wrong."
  }
}

run "access_logs" {
  command = plan

  variables {
    access_logs = true
  }

  assert {
    condition     = length(aws_s3_bucket.logs) == 1 && length(aws_s3_bucket_public_access_block.this) == 2
    error_message = "The log bucket is missing or public."
  }
}

run "a_bucket_that_exists_is_left_alone" {
  command = plan

  variables {
    create_bucket = false
    bucket_name   = "ours"
  }

  assert {
    condition     = length(aws_s3_bucket.this) == 0 && length(aws_s3_bucket_policy.this) == 0
    error_message = "The existing bucket would be changed."
  }
}
