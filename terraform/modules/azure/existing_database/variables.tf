variable "host" {
  description = "Host of the database."
  type        = string
}

variable "name" {
  description = "Name of the database."
  type        = string
}

variable "port" {
  description = "Port of the database."
  type        = number
  default     = 5432
}

variable "secret_id" {
  description = "Id of the secret of its account, as Azure's resource manager has it."
  type        = string

  validation {
    condition     = can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.KeyVault/vaults/[^/]+/secrets/[^/]+$", var.secret_id))
    error_message = "A secret is /subscriptions/S/resourceGroups/G/providers/Microsoft.KeyVault/vaults/V/secrets/N."
  }
}
