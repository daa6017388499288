variable "backup_days" {
  description = "Days that backups are kept; fewer than 7 are 7."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_days <= 35
    error_message = "Azure keeps backups for 35 days at most."
  }
}

variable "high_availability" {
  description = "A standby, in a second zone where there is one."
  type        = bool
  default     = false
}

variable "instance_class" {
  description = "Size of the database, as in B_Standard_B1ms or GP_Standard_D2ds_v5."
  type        = string
  default     = "B_Standard_B1ms"

  validation {
    condition     = can(regex("^(B|GP|MO)_Standard_[A-Za-z0-9_]+$", var.instance_class))
    error_message = "A size is B_, GP_ or MO_ and the name of a machine: B_Standard_B1ms."
  }
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

variable "max_storage_gb" {
  description = "More than storage_gb lets the disk grow by itself; Azure knows no end of that."
  type        = number
  default     = 128
}

variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "password" {
  description = "Password of the account metaflow, which rules the server. In no state and no plan."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "password_version" {
  description = "Raise it to write the password again."
  type        = number
  default     = 1
}

variable "postgres_version" {
  description = "PostgreSQL."
  type        = string
  default     = "17"
}

variable "resource_group_name" {
  description = "The resource group."
  type        = string
}

variable "server_name" {
  description = "Name of the server; all of Azure shares such names."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.server_name))
    error_message = "A server's name is 3 to 63 lower-case letters, digits and hyphens."
  }
}

variable "storage_gb" {
  description = "Disk of the database when it is made, rounded up to a size that there is."
  type        = number
  default     = 32

  validation {
    condition     = var.storage_gb <= 16384
    error_message = "A disk has 16384 GB at most."
  }
}

variable "subnet_id" {
  description = "Id of the subnet that belongs to PostgreSQL."
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

variable "virtual_network_id" {
  description = "Id of the network that the server's name is known in."
  type        = string
}

variable "workspace_id" {
  description = "Id of the workspace for logs."
  type        = string
}

variable "zones" {
  description = "Zones of the network."
  type        = number
  default     = 1
}
