output "generation" {
  description = "Generation of the passwords."
  value       = aws_secretsmanager_secret_version.this.secret_string_wo_version
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value       = {}
}

output "secret_id" {
  description = "ARN of the secret, after the passwords have been written: JSON with username and one key for each password."
  value       = aws_secretsmanager_secret_version.this.arn
}
