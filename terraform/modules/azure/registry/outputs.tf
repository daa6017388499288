output "registry_id" {
  description = "Id of the registry."
  value       = azurerm_container_registry.this.id
}

output "repository_url" {
  description = "Where images are pushed to."
  value       = "${azurerm_container_registry.this.login_server}/${var.name}"
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value = var.image == null ? {} : {
    METAFLOW_DEFAULT_CONTAINER_REGISTRY = azurerm_container_registry.this.login_server
    METAFLOW_DEFAULT_CONTAINER_IMAGE    = "${var.name}:${var.image}"
  }
}
