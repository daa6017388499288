variable "allow" {
  description = "Secrets elsewhere that tasks may read: their addresses, or ids of Azure's resource manager of secrets or whole vaults."
  type        = list(string)
  default     = []

  validation {
    condition = alltrue([
      for secret in var.allow :
      can(regex("^https://[A-Za-z0-9-]+\\.vault\\.[a-z.]+/secrets/[A-Za-z0-9-]+(/[0-9a-f]+)?$", secret)) || can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.KeyVault/vaults/[^/]+(/secrets/[^/]+)?$", secret))
    ])
    error_message = "A secret is https://V.vault.azure.net/secrets/N or /subscriptions/S/resourceGroups/G/providers/Microsoft.KeyVault/vaults/V/secrets/N."
  }
}

variable "vault_id" {
  description = "Id of the vault that is the tasks' own."
  type        = string
}

variable "vault_uri" {
  description = "Address of the vault that is the tasks' own."
  type        = string
}
