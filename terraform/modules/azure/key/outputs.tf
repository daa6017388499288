output "key_url" {
  description = "Address of the key without a version, once the identity may use it."
  value       = time_sleep.role.triggers["key_url"]
}

output "identity_id" {
  description = "Id of the identity that uses it."
  value       = azurerm_user_assigned_identity.this.id
}

output "identity_client_id" {
  description = "Client id of the identity that uses it."
  value       = azurerm_user_assigned_identity.this.client_id
}

output "disk_encryption_set_id" {
  description = "Id of the set that encrypts disks with it."
  value       = azurerm_disk_encryption_set.this.id
}
