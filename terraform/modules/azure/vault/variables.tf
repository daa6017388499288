variable "allow_ips" {
  description = "Public IP addresses that can reach the vault; if empty, all can, and roles control access."
  type        = list(string)
  default     = []
}

variable "allow_subnet_ids" {
  description = "IDs of subnets that can reach the vault through a service endpoint."
  type        = list(string)
  default     = []
}

variable "deployer_id" {
  description = "Object ID of the principal that deploys."
  type        = string
}

variable "location" {
  description = "Azure region."
  type        = string
}

variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "purge_protection" {
  description = "Whether to enable purge protection for 90 days, which encryption with a key requires."
  type        = bool
  default     = false
}

variable "resource_group_name" {
  description = "Name of the resource group."
  type        = string
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
}

variable "tenant_id" {
  description = "ID of the Entra ID tenant that authenticates users of the vault."
  type        = string
}

variable "vault_name" {
  description = "Name of the key vault, globally unique in Azure."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", var.vault_name)) && !strcontains(var.vault_name, "--")
    error_message = "vault_name must have 3 to 24 letters, digits and single hyphens."
  }
}

variable "workspace_id" {
  description = "ID of the Log Analytics workspace."
  type        = string
}
