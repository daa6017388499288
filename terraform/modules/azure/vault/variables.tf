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
