output "key_url" {
  description = "URL of the key without a version, after the identity has access to it."
  value       = time_sleep.role.triggers["key_url"]
}

output "identity_id" {
  description = "ID of the managed identity that uses the key."
  value       = azurerm_user_assigned_identity.this.id
}

output "identity_client_id" {
  description = "Client ID of the managed identity that uses the key."
  value       = azurerm_user_assigned_identity.this.client_id
}

output "disk_encryption_set_id" {
  description = "ID of the disk encryption set that uses the key."
  value       = azurerm_disk_encryption_set.this.id
}
