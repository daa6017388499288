# AWS generates the password. It is stored in Secrets Manager and read from there for the database: wherever an apply is
# interrupted, both have the same password. It is in no state and in no plan.

ephemeral "aws_secretsmanager_random_password" "this" {
  count = local.make_database ? 1 : 0

  password_length     = 40
  exclude_punctuation = true # the service uses it in a URL
}

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:the service reads the password only at startup; after a rotation without a restart it could not connect
  #checkov:skip=CKV_AWS_149:set by kms_key_arn
  count = local.make_database ? 1 : 0

  name_prefix             = "${var.name}-database-"
  description             = "Account of the metadata service in its database"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.skip_final_snapshot ? 0 : 30
}

resource "aws_secretsmanager_secret_version" "this" {
  count = local.make_database ? 1 : 0

  secret_id                = aws_secretsmanager_secret.this[0].id
  secret_string_wo_version = var.password_generation
  secret_string_wo = jsonencode({
    username = "metaflow"
    password = ephemeral.aws_secretsmanager_random_password.this[0].random_password
  })
}

ephemeral "aws_secretsmanager_secret_version" "this" {
  count = local.make_database ? 1 : 0

  secret_id = aws_secretsmanager_secret_version.this[0].arn # known only after the secret has a value
}

resource "aws_db_subnet_group" "this" {
  count = local.make_database ? 1 : 0

  name       = "${var.name}-metadata"
  subnet_ids = var.subnet_ids
}

resource "aws_db_parameter_group" "this" {
  count = local.make_database ? 1 : 0

  name_prefix = "${var.name}-metadata-"
  family      = "postgres${split(".", var.postgres_version)[0]}"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "this" {
  #checkov:skip=CKV_AWS_157:set by high_availability
  #checkov:skip=CKV_AWS_293:set by deletion_protection
  #checkov:skip=CKV_AWS_161:the metadata service supports only passwords
  #checkov:skip=CKV_AWS_354:set by kms_key_arn
  count = local.make_database ? 1 : 0

  identifier     = "${var.name}-metadata"
  engine         = "postgres"
  engine_version = var.postgres_version
  instance_class = var.instance_class
  db_name        = "metaflow"
  username       = "metaflow"

  password_wo         = jsondecode(ephemeral.aws_secretsmanager_secret_version.this[0].secret_string).password
  password_wo_version = aws_secretsmanager_secret_version.this[0].secret_string_wo_version

  port = local.port

  allocated_storage     = var.storage_gb
  max_allocated_storage = var.max_storage_gb
  storage_type          = "gp3"
  storage_encrypted     = true
  kms_key_id            = var.kms_key_arn

  db_subnet_group_name   = aws_db_subnet_group.this[0].name
  vpc_security_group_ids = [aws_security_group.database[0].id]
  parameter_group_name   = aws_db_parameter_group.this[0].name
  publicly_accessible    = false
  multi_az               = var.high_availability

  backup_retention_period     = var.backup_days
  copy_tags_to_snapshot       = true
  delete_automated_backups    = var.skip_final_snapshot
  deletion_protection         = var.deletion_protection
  skip_final_snapshot         = var.skip_final_snapshot
  final_snapshot_identifier   = "${var.name}-final-${formatdate("YYYYMMDDhhmmss", plantimestamp())}"
  allow_major_version_upgrade = true
  auto_minor_version_upgrade  = !strcontains(var.postgres_version, ".") # a minor version in the stack file is kept
  apply_immediately           = true

  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.kms_key_arn
  monitoring_interval             = 60
  monitoring_role_arn             = aws_iam_role.monitoring[0].arn
  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]

  # Each database has its own snapshot, named by the time at which the database was planned: a second one of the same name
  # could not be created, also if the database has been replaced.
  lifecycle {
    ignore_changes = [final_snapshot_identifier]
  }

  depends_on = [aws_cloudwatch_log_group.database]
}

# Created before the database, which would otherwise create them without retention and without the key.
resource "aws_cloudwatch_log_group" "database" {
  #checkov:skip=CKV_AWS_338:the stack file sets the retention of logs
  for_each = local.make_database ? toset(["postgresql", "upgrade"]) : toset([])

  name              = "/aws/rds/instance/${var.name}-metadata/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_iam_role" "monitoring" {
  count = local.make_database ? 1 : 0

  name                 = "${local.role_prefix}-db-monitoring"
  assume_role_policy   = data.aws_iam_policy_document.monitoring_trust.json
  permissions_boundary = var.permissions_boundary
}

data "aws_iam_policy_document" "monitoring_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["monitoring.rds.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  count = local.make_database ? 1 : 0

  role       = aws_iam_role.monitoring[0].name
  policy_arn = "${local.arn}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

resource "aws_security_group" "database" {
  count = local.make_database ? 1 : 0

  name        = "${var.name}-database"
  description = "Database of the metadata of ${var.name}"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-database" }
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  security_group_id            = local.security_group
  description                  = "PostgreSQL from the metadata service of ${var.name}"
  referenced_security_group_id = aws_security_group.service.id
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}
