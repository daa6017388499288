variable "allow_ips" {
  description = "Public addresses that reach the vault; where empty all do, and their role decides."
  type        = list(string)
  default     = []
}

variable "allow_subnet_ids" {
  description = "Subnets that reach the vault by a service endpoint."
  type        = list(string)
  default     = []
}

variable "deployer_id" {
  description = "Object id of who deploys."
  type        = string
}

variable "location" {
  description = "Region of Azure."
  type        = string
}

variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "purge_protection" {
  description = "Nobody removes anything for good within 90 days. Encryption with a key asks for it."
  type        = bool
  default     = false
}

variable "resource_group_name" {
  description = "The resource group."
  type        = string
}

variable "tags" {
  description = "Tags of everything that is made."
  type        = map(string)
  default     = {}
}

variable "task_secrets" {
  description = "Secrets that tasks may read: names in this vault, or ids of Azure's resource manager of secrets or vaults elsewhere."
  type        = list(string)
  default     = []

  validation {
    condition = alltrue([
      for secret in var.task_secrets :
      can(regex("^[A-Za-z0-9-]{1,127}$", secret)) || can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.KeyVault/vaults/[^/]+(/secrets/[^/]+)?$", secret))
    ])
    error_message = "A secret is its name in the stack's key vault, or /subscriptions/S/resourceGroups/G/providers/Microsoft.KeyVault/vaults/V/secrets/N."
  }

  validation {
    condition     = alltrue([for secret in var.task_secrets : !startswith(lower(secret), "mfinfra-")])
    error_message = "Secrets whose names begin with mfinfra- are the stack's own: tasks may not read them."
  }
}

variable "tenant_id" {
  description = "Tenant of whose identities the vault knows."
  type        = string
}

variable "vault_name" {
  description = "Name of the vault; all of Azure shares such names."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", var.vault_name)) && !strcontains(var.vault_name, "--")
    error_message = "A vault's name is 3 to 24 letters, digits and single hyphens."
  }
}

variable "workspace_id" {
  description = "Id of the workspace for logs."
  type        = string
}
