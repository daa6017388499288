output "key_arn" {
  description = "ARN of the key."
  value       = aws_kms_key.this.arn
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value       = {}
}
