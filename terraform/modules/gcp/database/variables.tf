variable "accounts" {
  description = "Name and password of each account. They are in no state and no plan."
  type = map(object({
    username = string
    password = string
  }))
  sensitive = true
  ephemeral = true
}

variable "address_range" {
  description = "Name of the allocated range for the private address of the database; null lets Google choose."
  type        = string
  default     = null
}

variable "backup_days" {
  description = "Retention of backups, in days; 0 for no backups."
  type        = number
  default     = 7

  validation {
    condition     = var.backup_days >= 0 && var.backup_days <= 365
    error_message = "backup_days must be 0 to 365."
  }
}

variable "deletion_protection" {
  description = "Whether to enable deletion protection."
  type        = bool
  default     = false
}

variable "force_destroy" {
  description = "Whether to delete the database without a final backup."
  type        = bool
  default     = false
}

variable "high_availability" {
  description = "Whether to run a standby in a second zone."
  type        = bool
  default     = false
}

variable "instance_class" {
  description = "Tier of the database, for example db-f1-micro, db-g1-small or db-custom-2-7680."
  type        = string
  default     = "db-f1-micro"
}

variable "kms_key_id" {
  description = "ID of the Cloud KMS key for encryption; null for keys managed by Google."
  type        = string
  default     = null
}

variable "labels" {
  description = "Labels of the instance."
  type        = map(string)
}

variable "max_storage_gb" {
  description = "Maximum size for automatic growth of the disk, in GB."
  type        = number
  default     = 100
}

variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "names" {
  description = "Names of the databases; each has an account of the same name."
  type        = set(string)
  default     = ["metaflow"]
}

variable "network" {
  description = "ID of the network, which must have private services access."
  type        = string
}

variable "password_versions" {
  description = "Generation of the password of each account; a password is written again when its number changes."
  type        = map(number)
}

variable "postgres_version" {
  description = "Major version of PostgreSQL."
  type        = string
  default     = "17"
}

variable "project" {
  description = "ID of the project."
  type        = string
}

variable "region" {
  description = "Google Cloud region."
  type        = string
}

variable "storage_gb" {
  description = "Disk size of the database, in GB."
  type        = number
  default     = 20

  validation {
    condition     = var.storage_gb >= 10
    error_message = "storage_gb must be at least 10."
  }
}

variable "use_kms_key" {
  description = "Whether kms_key_id is set; the ID itself can be unknown until the key is created."
  type        = bool
  default     = false
}
