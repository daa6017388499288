variable "allow" {
  description = "Secrets in other vaults that tasks can read: URLs of secrets, or resource IDs of secrets or whole vaults."
  type        = list(string)
  default     = []

  validation {
    condition = alltrue([
      for secret in var.allow :
      can(regex("^https://[A-Za-z0-9-]+\\.vault\\.[a-z.]+/secrets/[A-Za-z0-9-]+(/[0-9a-f]+)?$", secret)) || can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.KeyVault/vaults/[^/]+(/secrets/[^/]+)?$", secret))
    ])
    error_message = "A secret must be https://V.vault.azure.net/secrets/N or /subscriptions/S/resourceGroups/G/providers/Microsoft.KeyVault/vaults/V/secrets/N."
  }
}

variable "vault_id" {
  description = "ID of the key vault for the secrets of tasks."
  type        = string
}

variable "vault_uri" {
  description = "URL of the key vault for the secrets of tasks."
  type        = string
}
