variable "issuer" {
  description = "Address of the cluster's issuer of tokens."
  type        = string
}

variable "location" {
  description = "Region of Azure."
  type        = string
}

variable "name" {
  description = "Name of the identity."
  type        = string
}

variable "resource_group_name" {
  description = "The resource group."
  type        = string
}

variable "roles" {
  description = "What it may do, by a name of your own; with a prefix, only to blobs below it."
  type = map(object({
    scope  = string
    role   = string
    prefix = optional(string)
  }))
  default = {}

  validation {
    condition     = alltrue([for role in var.roles : role.prefix == null || can(regex("^[a-z0-9/_-]+$", role.prefix))])
    error_message = "A prefix is lower-case letters, digits, slashes, underscores and hyphens."
  }
}

variable "service_accounts" {
  description = "Service accounts that get it, as NAMESPACE/NAME."
  type        = set(string)

  validation {
    condition     = length(var.service_accounts) <= 20
    error_message = "Azure lets 20 service accounts have one identity."
  }

  validation {
    condition     = alltrue([for account in var.service_accounts : can(regex("^[a-z0-9-]+/[a-z0-9.-]+$", account))])
    error_message = "A service account is NAMESPACE/NAME."
  }
}

variable "tags" {
  description = "Tags of everything that is made."
  type        = map(string)
  default     = {}
}
