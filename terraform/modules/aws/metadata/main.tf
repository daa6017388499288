# The metadata service: a database, the service beside it, and the ways to it from inside and outside.

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  arn           = "arn:${data.aws_partition.this.partition}"
  make_database = var.database == null
  role_prefix   = "${var.name}-${data.aws_region.this.region}"
  internal_url  = "http://${aws_lb.this.dns_name}/"
  service_url   = var.public_api ? "${aws_api_gateway_stage.this[0].invoke_url}/" : local.internal_url

  database = local.make_database ? {
    host           = aws_db_instance.this[0].address
    port           = aws_db_instance.this[0].port
    name           = aws_db_instance.this[0].db_name
    secret         = aws_secretsmanager_secret_version.this[0].arn
    security_group = aws_security_group.database[0].id
  } : var.database
}
