variable "key_id" {
  description = "URL or resource ID of an existing key; null creates a key."
  type        = string
  default     = null

  validation {
    condition     = var.key_id == null || can(regex("^https://[A-Za-z0-9-]+\\.vault\\.[a-z.]+/keys/[A-Za-z0-9-]+(/[0-9a-f]+)?$", var.key_id)) || can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.KeyVault/vaults/[^/]+/keys/[^/]+$", var.key_id))
    error_message = "key_id must be https://V.vault.azure.net/keys/K or /subscriptions/S/resourceGroups/G/providers/Microsoft.KeyVault/vaults/V/keys/K."
  }
}

variable "location" {
  description = "Azure region."
  type        = string
}

variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "resource_group_name" {
  description = "Name of the resource group."
  type        = string
}

variable "rotation_days" {
  description = "Rotation period of the key, in days."
  type        = number
  default     = 365
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
}

variable "vault_id" {
  description = "ID of the vault for a new key; the vault must have purge protection."
  type        = string
}
