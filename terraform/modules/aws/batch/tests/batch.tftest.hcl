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
  name         = "demo"
  vpc_id       = "vpc-0123456789abcdef0"
  subnet_ids   = ["subnet-0123456789abcdef0"]
  default_pool = "cpu"
  bucket_arn   = "arn:aws:s3:::demo"
  pools = {
    cpu   = { kind = "on_demand", instance_types = [], min_vcpus = 0, max_vcpus = 16, gpu = false, disk_gb = 100, priority = 1, runnable_minutes = 60, fair_share = false }
    gpu   = { kind = "spot", instance_types = ["g5.xlarge"], min_vcpus = 0, max_vcpus = 16, gpu = true, disk_gb = 200, priority = 2, fair_share = true }
    small = { kind = "fargate", instance_types = [], min_vcpus = 0, max_vcpus = 8, gpu = false, disk_gb = 100, priority = 1, fair_share = false }
  }
}

run "pools" {
  command = plan

  assert {
    condition     = length(aws_batch_job_queue.this) == 3 && length(aws_launch_template.this) == 2
    error_message = "Each pool has a queue, and those of machines a template."
  }

  assert {
    condition     = alltrue([for template in aws_launch_template.this : template.metadata_options[0].http_tokens == "required"])
    error_message = "An instance supports version 1 of the instance metadata service."
  }

  assert {
    condition     = alltrue([for template in aws_launch_template.this : template.block_device_mappings[0].ebs[0].encrypted == "true"])
    error_message = "A disk is not encrypted."
  }

  assert {
    condition     = aws_batch_compute_environment.this["gpu"].compute_resources[0].allocation_strategy == "SPOT_PRICE_CAPACITY_OPTIMIZED"
    error_message = "Spot machines are chosen by another strategy."
  }

  assert {
    condition     = aws_batch_compute_environment.this["gpu"].compute_resources[0].ec2_configuration[0].image_type == "ECS_AL2023_NVIDIA"
    error_message = "GPU nodes have an image without drivers."
  }

  assert {
    condition     = length(aws_batch_job_queue.this["cpu"].job_state_time_limit_action) == 3 && length(aws_batch_job_queue.this["gpu"].job_state_time_limit_action) == 0
    error_message = "Jobs that can never start are not canceled, or others are."
  }
}

run "other_kinds_are_refused" {
  command = plan

  variables {
    pools = {
      cpu = { kind = "ec3", instance_types = [], min_vcpus = 0, max_vcpus = 16, gpu = false, disk_gb = 100, priority = 1, fair_share = false }
    }
  }

  expect_failures = [var.pools]
}
