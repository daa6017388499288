variable "image" {
  description = "Tag in the repository that steps use where they name no image."
  type        = string
  default     = null
}

variable "key_identity_client_id" {
  description = "Client id of the identity that uses the key."
  type        = string
  default     = null
}

variable "key_identity_id" {
  description = "Id of the identity that uses the key."
  type        = string
  default     = null
}

variable "key_url" {
  description = "Address of the key that encrypts; null for the keys of Azure."
  type        = string
  default     = null
}

variable "kubelet_principal_id" {
  description = "Identity that the cluster's machines pull images with."
  type        = string
}

variable "location" {
  description = "Region of Azure."
  type        = string
}

variable "name" {
  description = "Name of the stack, and of its repository in the registry."
  type        = string
}

variable "premium" {
  description = "In all zones, with a key of one's own and private endpoints if wanted."
  type        = bool
  default     = false
}

variable "registry_name" {
  description = "Name of the registry; all of Azure shares such names."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]{5,50}$", var.registry_name))
    error_message = "A registry's name is 5 to 50 lower-case letters and digits."
  }
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

variable "use_key" {
  description = "Whether key_url is given; the address itself may be known only when the key is made."
  type        = bool
  default     = false
}

variable "workspace_id" {
  description = "Id of the workspace for logs."
  type        = string
}
