variable "image" {
  description = "Tag in the repository that is the default image of steps."
  type        = string
  default     = null
}

variable "key_identity_client_id" {
  description = "Client ID of the managed identity that uses the key."
  type        = string
  default     = null
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

variable "kubelet_principal_id" {
  description = "Principal ID of the kubelet identity, which pulls images."
  type        = string
}

variable "location" {
  description = "Azure region."
  type        = string
}

variable "name" {
  description = "Name of the stack and of its repository in the registry."
  type        = string
}

variable "premium" {
  description = "Whether to use the premium tier, which is zone-redundant and supports customer-managed keys and private endpoints."
  type        = bool
  default     = false
}

variable "registry_name" {
  description = "Name of the registry, globally unique in Azure."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]{5,50}$", var.registry_name))
    error_message = "registry_name must have 5 to 50 lower-case letters and digits."
  }
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

variable "workspace_id" {
  description = "ID of the Log Analytics workspace."
  type        = string
}
