variable "key_id" {
  description = "Address of a key that exists, or its id of Azure's resource manager; null makes one."
  type        = string
  default     = null

  validation {
    condition     = var.key_id == null || can(regex("^https://[A-Za-z0-9-]+\\.vault\\.[a-z.]+/keys/[A-Za-z0-9-]+(/[0-9a-f]+)?$", var.key_id)) || can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.KeyVault/vaults/[^/]+/keys/[^/]+$", var.key_id))
    error_message = "A key is https://V.vault.azure.net/keys/K or /subscriptions/S/resourceGroups/G/providers/Microsoft.KeyVault/vaults/V/keys/K."
  }
}

variable "location" {
  description = "Region of Azure."
  type        = string
}

variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "resource_group_name" {
  description = "The resource group."
  type        = string
}

variable "rotation_days" {
  description = "Days after which the vault makes a new version of the key."
  type        = number
  default     = 365
}

variable "tags" {
  description = "Tags of everything that is made."
  type        = map(string)
  default     = {}
}

variable "vault_id" {
  description = "Id of the vault that a new key is made in; it has purge protection."
  type        = string
}
