# One task: migrations first, then the service (port 8080) and a server that returns the version of the schema (port 8082).

locals {
  database_environment = [
    { name = "MF_METADATA_DB_HOST", value = local.database.host },
    { name = "MF_METADATA_DB_PORT", value = tostring(local.database.port) },
    { name = "MF_METADATA_DB_NAME", value = local.database.name },
    { name = "MF_METADATA_DB_SSL_MODE", value = "require" },
    { name = "PYTHONDONTWRITEBYTECODE", value = "1" },
  ]
  database_secrets = [
    { name = "MF_METADATA_DB_USER", valueFrom = "${local.database.secret}:username::" },
    { name = "MF_METADATA_DB_PSWD", valueFrom = "${local.database.secret}:password::" },
  ]
  container = {
    image                  = var.image
    readonlyRootFilesystem = true
    secrets                = local.database_secrets
    dockerLabels           = { "mfinfra.dev/account" = tostring(local.generation) } # a new password is read only by new tasks
    mountPoints            = [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.service.name
        awslogs-region        = data.aws_region.this.region
        awslogs-stream-prefix = "service"
      }
    }
  }
  containers = [
    merge(local.container, {
      name        = "migrations"
      essential   = false
      environment = local.database_environment
      command     = ["/opt/latest/bin/python3", "/root/run_goose.py", "--wait", "60"]
    }),
    merge(local.container, {
      name         = "service"
      essential    = true
      environment  = concat(local.database_environment, [{ name = "MF_METADATA_HOST", value = "0.0.0.0" }, { name = "MF_METADATA_PORT", value = "8080" }])
      command      = ["/opt/latest/bin/python3", "-m", "services.metadata_service.server"]
      portMappings = [{ containerPort = 8080, hostPort = 8080, protocol = "tcp" }]
      dependsOn    = [{ containerName = "migrations", condition = "SUCCESS" }]
    }),
    merge(local.container, {
      name         = "schema"
      essential    = true
      environment  = concat(local.database_environment, [{ name = "MF_MIGRATION_PORT", value = "8082" }, { name = "MF_MIGRATION_ENDPOINTS_ENABLED", value = "0" }])
      command      = ["/opt/latest/bin/python3", "-m", "services.migration_service.migration_server"]
      portMappings = [{ containerPort = 8082, hostPort = 8082, protocol = "tcp" }]
      dependsOn    = [{ containerName = "migrations", condition = "SUCCESS" }]
    }),
  ]
}

resource "aws_ecs_cluster" "this" {
  name = "${var.name}-metadata"

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_task_definition" "this" {
  family                   = "${var.name}-metadata"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  container_definitions    = jsonencode(local.containers)

  volume {
    name = "tmp"
  }
}

resource "aws_ecs_service" "this" {
  name                               = "${var.name}-metadata"
  cluster                            = aws_ecs_cluster.this.id
  task_definition                    = aws_ecs_task_definition.this.arn
  desired_count                      = var.replicas
  launch_type                        = "FARGATE"
  platform_version                   = "LATEST"
  health_check_grace_period_seconds  = 180
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  propagate_tags                     = "SERVICE"
  wait_for_steady_state              = true

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [aws_security_group.service.id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.this["service"].arn
    container_name   = "service"
    container_port   = 8080
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.this["schema"].arn
    container_name   = "schema"
    container_port   = 8082
  }

  depends_on = [
    aws_lb_listener.this, aws_iam_role_policy.execution, aws_iam_role_policy_attachment.execution,
    aws_vpc_security_group_ingress_rule.database, aws_vpc_security_group_ingress_rule.service,
    aws_vpc_security_group_egress_rule.service, aws_vpc_security_group_egress_rule.service_database,
  ]
}

resource "aws_cloudwatch_log_group" "service" {
  #checkov:skip=CKV_AWS_338:the stack file sets the retention of logs
  name              = "/${var.name}/metadata"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_security_group" "service" {
  name        = "${var.name}-metadata"
  description = "Metadata service of ${var.name}"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-metadata" }
}

resource "aws_vpc_security_group_ingress_rule" "service" {
  for_each = { service = 8080, schema = 8082 }

  security_group_id            = aws_security_group.service.id
  description                  = "From the load balancer"
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_vpc_security_group_egress_rule" "service" {
  security_group_id = aws_security_group.service.id
  description       = "Images, secrets and logs, by TLS"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "service_database" {
  security_group_id            = aws_security_group.service.id
  description                  = "The database"
  referenced_security_group_id = local.security_group
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

# The execution role can read the password and write the log; the service itself has no permissions in AWS.
resource "aws_iam_role" "execution" {
  name                 = "${local.role_prefix}-metadata-execution"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_role_policy_attachment" "execution" {
  role       = aws_iam_role.execution.name
  policy_arn = "${local.arn}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

resource "aws_iam_role_policy" "execution" {
  name   = "read-password"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

data "aws_iam_policy_document" "execution" {
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [local.database.secret]
  }

  dynamic "statement" {
    for_each = var.use_kms_key ? [1] : []

    content {
      actions   = ["kms:Decrypt"]
      resources = [var.kms_key_arn]
    }
  }
}

resource "aws_iam_role" "task" {
  name                 = "${local.role_prefix}-metadata"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary
}
