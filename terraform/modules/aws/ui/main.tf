# The Metaflow UI: two services behind a load balancer that requires sign-in.

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  arn         = "arn:${data.aws_partition.this.partition}"
  role_prefix = "${var.name}-${data.aws_region.this.region}"
  root        = "s3://${var.bucket_name}/${var.prefix}"
  url         = "https://${var.domain}"
  services    = { backend = 8083, static = 3000 }
  blocks      = length(var.allow_cidrs) > 0 ? var.allow_cidrs : var.internal ? var.vpc_cidr_blocks : ["0.0.0.0/0"]
}
