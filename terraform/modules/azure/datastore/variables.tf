variable "access_logs" {
  description = "Log every access."
  type        = bool
  default     = false
}

variable "account_name" {
  description = "Name of the storage account; all of Azure shares such names."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]{3,24}$", var.account_name))
    error_message = "A storage account's name is 3 to 24 lower-case letters and digits."
  }
}

variable "allow_ips" {
  description = "Public addresses that reach the account; where empty all do, and their role decides."
  type        = list(string)
  default     = []
}

variable "allow_subnet_ids" {
  description = "Subnets that reach the account by a service endpoint."
  type        = list(string)
  default     = []
}

variable "container_path" {
  description = "ACCOUNT/CONTAINER that exists; needed where create_container is false."
  type        = string
  default     = null

  validation {
    condition     = var.container_path == null || can(regex("^[a-z0-9]{3,24}/[a-z0-9](-?[a-z0-9]){2,62}$", var.container_path))
    error_message = "A container that exists is ACCOUNT/CONTAINER."
  }
}

variable "create_container" {
  description = "Make account and container; false uses those named, and changes nothing of them."
  type        = bool
  default     = true
}

variable "deployer_id" {
  description = "Object id of who deploys."
  type        = string
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

variable "location" {
  description = "Region of Azure."
  type        = string
}

variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "noncurrent_days" {
  description = "Days that old versions are kept."
  type        = number
  default     = 30
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

variable "versioning" {
  description = "Keep what is overwritten or deleted."
  type        = bool
  default     = false
}

variable "workspace_id" {
  description = "Id of the workspace for logs."
  type        = string
}

variable "zone_redundant" {
  description = "Copies in three zones in place of three copies in one."
  type        = bool
  default     = false
}
