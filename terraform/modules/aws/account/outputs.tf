output "generation" {
  description = "Which passwords these are."
  value       = aws_secretsmanager_secret_version.this.secret_string_wo_version
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value       = {}
}

output "secret_arn" {
  description = "ARN of the secret."
  value       = aws_secretsmanager_secret.this.arn
}

output "values" {
  description = "User name and passwords. In no state and no plan."
  value       = jsondecode(ephemeral.aws_secretsmanager_secret_version.this.secret_string)
  ephemeral   = true
  sensitive   = true
}
