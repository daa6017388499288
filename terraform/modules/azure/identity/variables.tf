variable "issuer" {
  description = "URL of the OIDC issuer of the cluster."
  type        = string
}

variable "location" {
  description = "Azure region."
  type        = string
}

variable "name" {
  description = "Name of the identity."
  type        = string
}

variable "resource_group_name" {
  description = "Name of the resource group."
  type        = string
}

variable "roles" {
  description = "Roles of the identity, by a name that you choose; with a prefix, a role applies only to blobs with this prefix."
  type = map(object({
    scope  = string
    role   = string
    prefix = optional(string)
  }))
  default = {}

  validation {
    condition     = alltrue([for role in var.roles : role.prefix == null || can(regex("^[a-z0-9/_-]+$", role.prefix))])
    error_message = "A prefix must contain only lower-case letters, digits, slashes, underscores and hyphens."
  }
}

variable "service_accounts" {
  description = "Kubernetes service accounts that use the identity, as NAMESPACE/NAME."
  type        = set(string)

  validation {
    condition     = length(var.service_accounts) <= 20
    error_message = "An identity supports at most 20 service accounts."
  }

  validation {
    condition     = alltrue([for account in var.service_accounts : can(regex("^[a-z0-9-]+/[a-z0-9.-]+$", account))])
    error_message = "A service account must be NAMESPACE/NAME."
  }
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
}
