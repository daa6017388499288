# The metadata service: its database, the service, and its endpoints inside and outside the network.

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  arn           = "arn:${data.aws_partition.this.partition}"
  make_database = var.database == null
  role_prefix   = "${var.name}-${data.aws_region.this.region}"
  internal_url  = "http://${aws_lb.this.dns_name}/"
  service_url   = var.public_api ? "${aws_api_gateway_stage.this[0].invoke_url}/" : local.internal_url

  # Not read from the database: the rule that grants a cluster access would then depend on each change of the database, and
  # Terraform would report a cycle when a resource in that cluster is replaced together with the password.
  port           = local.make_database ? 5432 : var.database.port
  security_group = local.make_database ? aws_security_group.database[0].id : var.database.security_group

  generation = local.make_database ? aws_secretsmanager_secret_version.this[0].secret_string_wo_version : var.password_generation

  database = local.make_database ? {
    host           = aws_db_instance.this[0].address
    port           = local.port
    name           = aws_db_instance.this[0].db_name
    secret         = aws_secretsmanager_secret.this[0].arn
    security_group = local.security_group
  } : var.database
}
