output "vpc_id" {
  description = "ID of the VPC."
  value       = data.aws_vpc.this.id
}

output "vpc_cidr_blocks" {
  description = "CIDR ranges of the VPC."
  value       = [for association in data.aws_vpc.this.cidr_block_associations : association.cidr_block]
}

output "private_subnet_ids" {
  description = "IDs of the private subnets."
  value       = [for id in var.private_subnet_ids : data.aws_subnet.private[id].id]

  precondition {
    condition     = length(distinct([for subnet in data.aws_subnet.private : subnet.availability_zone])) >= 2
    error_message = "The private subnets must be in at least two availability zones."
  }
}

output "public_subnet_ids" {
  description = "IDs of the public subnets."
  value       = [for id in var.public_subnet_ids : data.aws_subnet.public[id].id]
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value       = {}
}
