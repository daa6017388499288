locals {
  url = "${google_artifact_registry_repository.this.location}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.this.repository_id}"
}

output "repository_url" {
  description = "URL of the repository, for docker push; append a slash and the name of the image."
  value       = local.url
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  # An image without a name has that of the stack.
  value = var.image == null ? {} : {
    METAFLOW_DEFAULT_CONTAINER_REGISTRY = local.url
    METAFLOW_DEFAULT_CONTAINER_IMAGE    = strcontains(var.image, ":") ? var.image : "${var.name}:${var.image}"
  }
}
