output "vpc_id" {
  description = "ID of the VPC."
  value       = aws_vpc.this.id
}

output "vpc_cidr_blocks" {
  description = "CIDR ranges of the VPC."
  value       = [var.cidr]
}

output "private_subnet_ids" {
  description = "IDs of the private subnets, one in each availability zone."
  value       = [for key in sort(local.zones) : aws_subnet.private[key].id]

  # What runs in the subnets needs the way out from its first second, and until its last.
  depends_on = [aws_route.nat, aws_route_table_association.private, aws_vpc_endpoint.gateway, aws_vpc_endpoint.interface]
}

output "public_subnet_ids" {
  description = "IDs of the public subnets, one in each availability zone."
  value       = [for key in sort(local.zones) : aws_subnet.public[key].id]

  depends_on = [aws_route.internet, aws_route_table_association.public]
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value       = {}
}
