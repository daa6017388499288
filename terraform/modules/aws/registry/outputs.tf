output "repository_url" {
  description = "Where images are pushed to."
  value       = aws_ecr_repository.this.repository_url
}

output "repository_arn" {
  description = "ARN of the repository."
  value       = aws_ecr_repository.this.arn
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value = var.image == null ? {} : {
    METAFLOW_DEFAULT_CONTAINER_REGISTRY = split("/", aws_ecr_repository.this.repository_url)[0]
    METAFLOW_DEFAULT_CONTAINER_IMAGE    = "${aws_ecr_repository.this.name}:${var.image}"
  }
}
