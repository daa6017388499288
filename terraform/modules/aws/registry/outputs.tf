output "repository_url" {
  description = "URL of the repository, for docker push."
  value       = aws_ecr_repository.this.repository_url
}

output "repository_arn" {
  description = "ARN of the repository."
  value       = aws_ecr_repository.this.arn
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value = var.image == null ? {} : {
    METAFLOW_DEFAULT_CONTAINER_REGISTRY = split("/", aws_ecr_repository.this.repository_url)[0]
    METAFLOW_DEFAULT_CONTAINER_IMAGE    = "${aws_ecr_repository.this.name}:${var.image}"
  }
}
