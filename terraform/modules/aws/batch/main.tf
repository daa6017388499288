# A queue with its instances for each pool. Instances accept connections only from each other, and scale to zero when idle.

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  machines = { for name, pool in var.pools : name => pool if !startswith(pool.kind, "fargate") }
  types    = { on_demand = "EC2", spot = "SPOT", fargate = "FARGATE", fargate_spot = "FARGATE_SPOT" }
  # Instance families of the sixth generation: available in every region, and cheaper than earlier ones.
  families = ["c6i", "m6i"]
  # Reasons to cancel a job that can never start; the strings are defined by AWS Batch.
  hopeless = ["CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY", "MISCONFIGURATION:COMPUTE_ENVIRONMENT_MAX_RESOURCE", "MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT"]
}

resource "aws_batch_compute_environment" "this" {
  for_each = var.pools

  name_prefix = "${var.name}-${each.key}-"
  type        = "MANAGED"
  state       = "ENABLED"

  compute_resources {
    type                = local.types[each.value.kind]
    max_vcpus           = each.value.max_vcpus
    min_vcpus           = contains(keys(local.machines), each.key) ? each.value.min_vcpus : null
    subnets             = var.subnet_ids
    security_group_ids  = [aws_security_group.this.id]
    allocation_strategy = { on_demand = "BEST_FIT_PROGRESSIVE", spot = "SPOT_PRICE_CAPACITY_OPTIMIZED", fargate = null, fargate_spot = null }[each.value.kind]
    instance_role       = contains(keys(local.machines), each.key) ? aws_iam_instance_profile.machine.arn : null
    instance_type = (
      !contains(keys(local.machines), each.key) ? null :
      length(each.value.instance_types) > 0 ? each.value.instance_types : local.families
    )
    tags = contains(keys(local.machines), each.key) ? merge(var.tags, { Name = "${var.name}-${each.key}" }) : null

    dynamic "ec2_configuration" {
      for_each = contains(keys(local.machines), each.key) ? [1] : []

      content {
        image_type        = each.value.gpu ? "ECS_AL2023_NVIDIA" : "ECS_AL2023"
        image_id_override = each.value.ami
      }
    }

    dynamic "launch_template" {
      for_each = contains(keys(local.machines), each.key) ? [1] : []

      content {
        launch_template_id = aws_launch_template.this[each.key].id
        version            = aws_launch_template.this[each.key].latest_version
      }
    }
  }

  dynamic "update_policy" {
    for_each = contains(keys(local.machines), each.key) ? [1] : []

    content {
      job_execution_timeout_minutes = 360
      terminate_jobs_on_update      = false
    }
  }

  # Queues switch to the new compute environment before the old one is deleted.
  lifecycle {
    create_before_destroy = true
  }

  depends_on = [aws_iam_role_policy_attachment.machine]
}

resource "aws_launch_template" "this" {
  for_each = local.machines

  name_prefix            = "${var.name}-${each.key}-"
  update_default_version = true

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_size           = each.value.disk_gb
      volume_type           = "gp3"
      encrypted             = true
      delete_on_termination = true
    }
  }

  # Containers are one network hop behind the instance: with a hop limit of 1, tasks could not reach the metadata service of the instance.
  #checkov:skip=CKV_AWS_341:tasks run in containers, which need a hop limit of 2
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 2
  }

  tag_specifications {
    resource_type = "volume"
    tags          = merge(var.tags, { Name = "${var.name}-${each.key}" })
  }
}

resource "aws_batch_job_queue" "this" {
  for_each = var.pools

  name                  = "${var.name}-${each.key}"
  state                 = "ENABLED"
  priority              = each.value.priority
  scheduling_policy_arn = each.value.fair_share ? aws_batch_scheduling_policy.this[each.key].arn : null

  compute_environment_order {
    order               = 1
    compute_environment = aws_batch_compute_environment.this[each.key].arn
  }

  dynamic "job_state_time_limit_action" {
    for_each = each.value.runnable_minutes == null ? [] : local.hopeless

    content {
      action           = "CANCEL"
      state            = "RUNNABLE"
      reason           = job_state_time_limit_action.value
      max_time_seconds = each.value.runnable_minutes * 60
    }
  }
}

resource "aws_batch_scheduling_policy" "this" {
  for_each = { for name, pool in var.pools : name => pool if pool.fair_share }

  name = "${var.name}-${each.key}"

  fair_share_policy {
    compute_reservation = 1
    share_decay_seconds = 3600

    # Users who submit jobs without a weight of their own all have the same weight.
    share_distribution {
      share_identifier = "*"
      weight_factor    = 1
    }
  }
}

resource "aws_security_group" "this" {
  name        = "${var.name}-tasks"
  description = "Machines that run tasks of ${var.name}"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-tasks" }
}

resource "aws_vpc_security_group_egress_rule" "this" {
  #checkov:skip=CKV_AWS_382:tasks download packages, images and data from any address
  security_group_id = aws_security_group.this.id
  description       = "Tasks reach data and packages"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  security_group_id            = aws_security_group.this.id
  description                  = "Nodes of one parallel step reach one another"
  referenced_security_group_id = aws_security_group.this.id
  ip_protocol                  = "-1"
}
