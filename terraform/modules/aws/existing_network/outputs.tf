output "vpc_id" {
  description = "Id of the network."
  value       = data.aws_vpc.this.id
}

output "vpc_cidr_blocks" {
  description = "Addresses of the network."
  value       = [for association in data.aws_vpc.this.cidr_block_associations : association.cidr_block]
}

output "private_subnet_ids" {
  description = "Private subnets."
  value       = [for id in var.private_subnet_ids : data.aws_subnet.private[id].id]

  precondition {
    condition     = length(distinct([for subnet in data.aws_subnet.private : subnet.availability_zone])) >= 2
    error_message = "The private subnets are in one availability zone; two or more are needed."
  }
}

output "public_subnet_ids" {
  description = "Public subnets."
  value       = [for id in var.public_subnet_ids : data.aws_subnet.public[id].id]
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value       = {}
}
