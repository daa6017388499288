output "generation" {
  description = "Which passwords these are."
  value       = aws_secretsmanager_secret_version.this.secret_string_wo_version
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value       = {}
}

output "secret_id" {
  description = "ARN of the secret, known once the passwords are in it: JSON with username and the names of passwords."
  value       = aws_secretsmanager_secret_version.this.arn
}
