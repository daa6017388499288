output "service_url" {
  description = "Where clients reach the service."
  value       = local.service_url
}

output "internal_url" {
  description = "Where tasks reach the service, inside the network."
  value       = local.internal_url
}

output "api_key_id" {
  description = "Id of the key of the public API; null where it is private. The key itself is nowhere in the outputs."
  value       = var.public_api ? aws_api_gateway_api_key.this[0].id : null
}

output "rest_api_id" {
  description = "Id of the public API; null where it is private."
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
  description = "Which password the account has."
  value       = local.generation
}

output "database_secret_arn" {
  description = "ARN of the secret with the account of the service."
  value       = local.database.secret
}

output "database_secret_id" {
  description = "The same ARN, known once the account is in the secret: for what reads it."
  value       = local.make_database ? aws_secretsmanager_secret_version.this[0].arn : var.database.secret
}

output "database_security_group_id" {
  description = "Security group of the database."
  value       = local.security_group
}

output "security_group_id" {
  description = "Security group of the service."
  value       = aws_security_group.service.id
}

output "log_group_name" {
  description = "Log of the service."
  value       = aws_cloudwatch_log_group.service.name
}

output "cluster_name" {
  description = "ECS cluster of the service."
  value       = aws_ecs_cluster.this.name
}

output "service_name" {
  description = "ECS service."
  value       = aws_ecs_service.this.name
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value = {
    METAFLOW_DEFAULT_METADATA     = "service"
    METAFLOW_SERVICE_URL          = local.service_url
    METAFLOW_SERVICE_INTERNAL_URL = local.internal_url
  }
}
