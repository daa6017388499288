output "service_url" {
  description = "URL of the metadata service for clients."
  value       = local.service_url
}

output "internal_url" {
  description = "URL of the metadata service for tasks, in the network."
  value       = local.internal_url
}

output "api_key_id" {
  description = "ID of the API key of the public API; null if the API is private. The key itself is not an output."
  value       = var.public_api ? aws_api_gateway_api_key.this[0].id : null
}

output "rest_api_id" {
  description = "ID of the public REST API; null if the API is private."
  value       = var.public_api ? aws_api_gateway_rest_api.this[0].id : null
}

output "database_host" {
  description = "Host of the database."
  value       = local.database.host
}

output "database_port" {
  description = "Port of the database."
  value       = local.port
}

output "database_name" {
  description = "Name of the database."
  value       = local.database.name
}

output "database_generation" {
  description = "Generation of the password."
  value       = local.generation
}

output "database_secret_arn" {
  description = "ARN of the secret with the database account of the service."
  value       = local.database.secret
}

output "database_secret_id" {
  description = "ARN of the same secret, after the account has been written, for resources that read it."
  value       = local.make_database ? aws_secretsmanager_secret_version.this[0].arn : var.database.secret
}

output "database_security_group_id" {
  description = "ID of the security group of the database."
  value       = local.security_group
}

output "security_group_id" {
  description = "ID of the security group of the service."
  value       = aws_security_group.service.id
}

output "log_group_name" {
  description = "Name of the log group of the service."
  value       = aws_cloudwatch_log_group.service.name
}

output "cluster_name" {
  description = "Name of the ECS cluster of the service."
  value       = aws_ecs_cluster.this.name
}

output "service_name" {
  description = "Name of the ECS service."
  value       = aws_ecs_service.this.name
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value = {
    METAFLOW_DEFAULT_METADATA     = "service"
    METAFLOW_SERVICE_URL          = local.service_url
    METAFLOW_SERVICE_INTERNAL_URL = local.internal_url
  }
}
