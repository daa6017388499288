output "registry_id" {
  description = "ID of the registry."
  value       = azurerm_container_registry.this.id
}

output "repository_url" {
  description = "URL of the repository, for docker push."
  value       = "${azurerm_container_registry.this.login_server}/${var.name}"
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value = var.image == null ? {} : {
    METAFLOW_DEFAULT_CONTAINER_REGISTRY = azurerm_container_registry.this.login_server
    METAFLOW_DEFAULT_CONTAINER_IMAGE    = "${var.name}:${var.image}"
  }
}
