output "account_id" {
  description = "ID of the storage account."
  value       = local.id
}

output "account_name" {
  description = "Name of the storage account."
  value       = local.account
}

output "blob_endpoint" {
  description = "URL of the blob endpoint of the account."
  value       = local.endpoint
}

output "bucket_name" {
  description = "Storage account and container, as ACCOUNT/CONTAINER."
  value       = "${local.account}/${local.container}"
}

output "container_id" {
  description = "ID of the container, the scope of role assignments."
  value       = local.scope

  depends_on = [azurerm_storage_container.this]
}

output "container_name" {
  description = "Name of the container."
  value       = local.container
}

output "prefix" {
  description = "Prefix of flows in the container."
  value       = local.prefix
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value = {
    METAFLOW_DEFAULT_DATASTORE                   = "azure"
    METAFLOW_AZURE_STORAGE_BLOB_SERVICE_ENDPOINT = local.endpoint
    METAFLOW_AZURE_STORAGE_WORKLOAD_TYPE         = "general"
    METAFLOW_CARD_AZUREROOT                      = "${local.root}/mf.cards"
    METAFLOW_CONDA_PACKAGE_AZUREROOT             = "${local.root}/conda"
    METAFLOW_DATASTORE_SYSROOT_AZURE             = local.root
    METAFLOW_DATATOOLS_AZUREROOT                 = "${local.root}/data"
  }
}
