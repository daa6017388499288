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
  description = "URL or resource ID of the secret with the database account."
  type        = string

  validation {
    condition     = can(regex("^https://[A-Za-z0-9-]+\\.vault\\.[a-z.]+/secrets/[A-Za-z0-9-]+(/[0-9a-f]+)?$", var.secret_id)) || can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.KeyVault/vaults/[^/]+/secrets/[^/]+$", var.secret_id))
    error_message = "secret_id must be https://V.vault.azure.net/secrets/N or /subscriptions/S/resourceGroups/G/providers/Microsoft.KeyVault/vaults/V/secrets/N."
  }
}
