variable "backup_days" {
  description = "Retention of backups, in days; values below 7 are raised to 7."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_days <= 35
    error_message = "backup_days must be at most 35."
  }
}

variable "high_availability" {
  description = "Whether to run a standby, in a second zone if the region has one."
  type        = bool
  default     = false
}

variable "instance_class" {
  description = "Instance class of the database, for example B_Standard_B1ms or GP_Standard_D2ds_v5."
  type        = string
  default     = "B_Standard_B1ms"

  validation {
    condition     = can(regex("^(B|GP|MO)_Standard_[A-Za-z0-9_]+$", var.instance_class))
    error_message = "instance_class must be B_, GP_ or MO_ and a machine type, for example B_Standard_B1ms."
  }
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

variable "max_storage_gb" {
  description = "A value above storage_gb enables automatic growth of the disk. Azure has no upper limit for it."
  type        = number
  default     = 128
}

variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "password" {
  description = "Password of the server administrator metaflow. It is in no state and no plan."
  type        = string
  sensitive   = true
  ephemeral   = true
}

variable "password_version" {
  description = "Increase it to write the password again."
  type        = number
  default     = 1
}

variable "postgres_version" {
  description = "Major version of PostgreSQL."
  type        = string
  default     = "17"
}

variable "resource_group_name" {
  description = "Name of the resource group."
  type        = string
}

variable "server_name" {
  description = "Name of the server, globally unique in Azure."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.server_name))
    error_message = "server_name must have 3 to 63 lower-case letters, digits and hyphens."
  }
}

variable "storage_gb" {
  description = "Initial disk size of the database in GB, rounded up to a size that Azure offers."
  type        = number
  default     = 32

  validation {
    condition     = var.storage_gb <= 16384
    error_message = "storage_gb must be at most 16384."
  }
}

variable "subnet_id" {
  description = "ID of the subnet that is delegated to PostgreSQL."
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

variable "virtual_network_id" {
  description = "ID of the virtual network that resolves the name of the server."
  type        = string
}

variable "workspace_id" {
  description = "ID of the Log Analytics workspace."
  type        = string
}

variable "zones" {
  description = "Number of availability zones of the network."
  type        = number
  default     = 1
}
