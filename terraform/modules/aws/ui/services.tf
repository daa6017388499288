resource "aws_ecs_cluster" "this" {
  name = "${var.name}-ui"

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:the stack file sets the retention of logs
  name              = "/${var.name}/ui"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

locals {
  container = {
    for name, port in local.services : name => {
      name                   = name
      essential              = true
      readonlyRootFilesystem = name == "backend"
      portMappings           = [{ containerPort = port, hostPort = port, protocol = "tcp" }]
      mountPoints            = [for path in(name == "backend" ? ["/tmp", "/root"] : []) : { sourceVolume = replace(trimprefix(path, "/"), "/", "-"), containerPath = path, readOnly = false }]
      logConfiguration = {
        logDriver = "awslogs"
        options = {
          awslogs-group         = aws_cloudwatch_log_group.this.name
          awslogs-region        = data.aws_region.this.region
          awslogs-stream-prefix = name
        }
      }
    }
  }
  backend = merge(local.container["backend"], {
    image            = var.backend_image
    command          = ["/opt/latest/bin/python3", "-m", "services.ui_backend_service.ui_server"]
    workingDirectory = "/root"
    dockerLabels     = { "mfinfra.dev/account" = tostring(var.database_generation) } # a new password is read only by new tasks
    environment = [
      { name = "MF_METADATA_DB_HOST", value = var.database_host },
      { name = "MF_METADATA_DB_PORT", value = tostring(var.database_port) },
      { name = "MF_METADATA_DB_NAME", value = var.database_name },
      { name = "MF_METADATA_DB_SSL_MODE", value = "require" },
      { name = "PATH_PREFIX", value = "/api/" },
      { name = "MF_DATASTORE_ROOT", value = local.root },
      { name = "METAFLOW_DATASTORE_SYSROOT_S3", value = local.root },
      { name = "METAFLOW_SERVICE_URL", value = "http://localhost:8083/api/metadata" },
      { name = "METAFLOW_DEFAULT_DATASTORE", value = "s3" },
      { name = "METAFLOW_DEFAULT_METADATA", value = "service" },
      { name = "ORIGIN_TO_ALLOW_CORS_FROM", value = local.url },
    ]
    secrets = [
      { name = "MF_METADATA_DB_USER", valueFrom = "${var.database_secret_arn}:username::" },
      { name = "MF_METADATA_DB_PSWD", valueFrom = "${var.database_secret_arn}:password::" },
    ]
  })
  static = merge(local.container["static"], {
    image       = var.static_image
    environment = [{ name = "METAFLOW_SERVICE", value = "${local.url}/api" }]
  })
}

resource "aws_ecs_task_definition" "backend" {
  family                   = "${var.name}-ui-backend"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 1024
  memory                   = 4096
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.backend.arn
  container_definitions    = jsonencode([local.backend])

  # Cache of objects from the bucket.
  ephemeral_storage {
    size_in_gib = 50
  }

  volume {
    name = "tmp"
  }

  volume {
    name = "root"
  }
}

resource "aws_ecs_task_definition" "static" {
  #checkov:skip=CKV_AWS_336:the image writes its configuration into its web pages at startup
  family                   = "${var.name}-ui-static"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.execution.arn
  container_definitions    = jsonencode([local.static])
}

resource "aws_ecs_service" "this" {
  for_each = local.services

  name                              = "${var.name}-ui-${each.key}"
  cluster                           = aws_ecs_cluster.this.id
  task_definition                   = each.key == "backend" ? aws_ecs_task_definition.backend.arn : aws_ecs_task_definition.static.arn
  desired_count                     = 1
  launch_type                       = "FARGATE"
  platform_version                  = "LATEST"
  health_check_grace_period_seconds = 120
  propagate_tags                    = "SERVICE"

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.private_subnet_ids
    security_groups  = [aws_security_group.services.id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.this[each.key].arn
    container_name   = each.key
    container_port   = each.value
  }

  depends_on = [aws_lb_listener.this, aws_lb_listener_rule.backend, aws_iam_role_policy.execution, aws_iam_role_policy.backend]
}

resource "aws_security_group" "services" {
  name        = "${var.name}-ui"
  description = "Services of the UI of ${var.name}"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-ui" }
}

resource "aws_vpc_security_group_ingress_rule" "services" {
  for_each = local.services

  security_group_id            = aws_security_group.services.id
  description                  = "From the load balancer"
  referenced_security_group_id = aws_security_group.load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_vpc_security_group_egress_rule" "services" {
  security_group_id = aws_security_group.services.id
  description       = "Bucket, images, secrets and logs, by TLS"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "database" {
  security_group_id            = aws_security_group.services.id
  description                  = "The database"
  referenced_security_group_id = var.database_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = var.database_port
  to_port                      = var.database_port
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  security_group_id            = var.database_security_group_id
  description                  = "PostgreSQL from the UI of ${var.name}"
  referenced_security_group_id = aws_security_group.services.id
  ip_protocol                  = "tcp"
  from_port                    = var.database_port
  to_port                      = var.database_port
}
