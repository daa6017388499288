variable "accounts" {
  description = "Name and password of each account. In no state and no plan."
  type = map(object({
    username = string
    password = string
  }))
  sensitive = true
  ephemeral = true
}

variable "address_range" {
  description = "Range of the network that the database's address is of; null for Google's choice."
  type        = string
  default     = null
}

variable "backup_days" {
  description = "Days that backups are kept; 0 for none."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_days >= 0 && var.backup_days <= 365
    error_message = "backup_days is 0 to 365."
  }
}

variable "deletion_protection" {
  description = "Refuse removal."
  type        = bool
  default     = false
}

variable "force_destroy" {
  description = "Remove the database without a last backup."
  type        = bool
  default     = false
}

variable "high_availability" {
  description = "A standby in a second zone."
  type        = bool
  default     = false
}

variable "instance_class" {
  description = "Size of the database, as db-f1-micro, db-g1-small or db-custom-2-7680."
  type        = string
  default     = "db-f1-micro"
}

variable "kms_key_id" {
  description = "Id of the key that encrypts; null for the keys of Google."
  type        = string
  default     = null
}

variable "labels" {
  description = "Labels of the instance."
  type        = map(string)
}

variable "max_storage_gb" {
  description = "How far the disk may grow by itself."
  type        = number
  default     = 100
}

variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "names" {
  description = "Databases, each with an account of the same name."
  type        = set(string)
  default     = ["metaflow"]
}

variable "network" {
  description = "The network, with private services access."
  type        = string
}

variable "password_versions" {
  description = "Which password each account has: another number, and it is written again."
  type        = map(number)
}

variable "postgres_version" {
  description = "PostgreSQL."
  type        = string
  default     = "17"
}

variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Region of Google Cloud."
  type        = string
}

variable "storage_gb" {
  description = "Disk of the database."
  type        = number
  default     = 20

  validation {
    condition     = var.storage_gb >= 10
    error_message = "storage_gb is 10 or more."
  }
}

variable "use_kms_key" {
  description = "Whether kms_key_id is given; the id itself may be known only when it is made."
  type        = bool
  default     = false
}
