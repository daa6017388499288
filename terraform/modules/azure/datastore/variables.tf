variable "access_logs" {
  description = "Whether to write access logs."
  type        = bool
  default     = false
}

variable "account_name" {
  description = "Name of the storage account, globally unique in Azure."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]{3,24}$", var.account_name))
    error_message = "The name of a storage account must have 3 to 24 lower-case letters and digits."
  }
}

variable "allow_ips" {
  description = "Public IP addresses that can reach the account; if empty, all can, and roles control access."
  type        = list(string)
  default     = []
}

variable "allow_subnet_ids" {
  description = "IDs of subnets that can reach the account through a service endpoint."
  type        = list(string)
  default     = []
}

variable "container_path" {
  description = "Existing container as ACCOUNT/CONTAINER; required if create_container is false."
  type        = string
  default     = null

  validation {
    condition     = var.container_path == null || can(regex("^[a-z0-9]{3,24}/[a-z0-9](-?[a-z0-9]){2,62}$", var.container_path))
    error_message = "container_path must be ACCOUNT/CONTAINER."
  }
}

variable "create_container" {
  description = "Whether to create account and container; false uses the existing ones in container_path and does not change them."
  type        = bool
  default     = true
}

variable "deployer_id" {
  description = "Object ID of the principal that deploys."
  type        = string
}

variable "key_identity_id" {
  description = "ID of the managed identity that uses the key."
  type        = string
  default     = null
}

variable "key_url" {
  description = "URL of the key for encryption; null for keys managed by Azure."
  type        = string
  default     = null
}

variable "location" {
  description = "Azure region."
  type        = string
}

variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "noncurrent_days" {
  description = "Days after which old versions are deleted."
  type        = number
  default     = 30
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

variable "use_key" {
  description = "Whether key_url is set; the URL itself can be unknown until the key is created."
  type        = bool
  default     = false
}

variable "versioning" {
  description = "Whether to keep old versions of objects."
  type        = bool
  default     = false
}

variable "workspace_id" {
  description = "ID of the Log Analytics workspace."
  type        = string
}

variable "zone_redundant" {
  description = "Whether to store copies in three zones instead of three copies in one zone."
  type        = bool
  default     = false
}
