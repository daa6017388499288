variable "access_logs" {
  description = "Whether to write access logs to a second bucket."
  type        = bool
  default     = false
}

variable "bucket_name" {
  description = "Name of the bucket. Default: stack name, and eight characters derived from project and region."
  type        = string
  default     = null
}

variable "create_bucket" {
  description = "Whether to create the bucket; false uses the existing bucket bucket_name and changes only its permissions."
  type        = bool
  default     = true
}

variable "force_destroy" {
  description = "Whether to delete the bucket including its content."
  type        = bool
  default     = false
}

variable "kms_key_id" {
  description = "ID of the Cloud KMS key for encryption; null for keys managed by Google."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "Retention of access logs, in days."
  type        = number
  default     = 90
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

variable "project" {
  description = "ID of the project."
  type        = string
}

variable "region" {
  description = "Google Cloud region."
  type        = string
}

variable "use_kms_key" {
  description = "Whether kms_key_id is set; the ID itself can be unknown until the key is created."
  type        = bool
  default     = false
}

variable "versioning" {
  description = "Whether to keep old versions of objects."
  type        = bool
  default     = false
}
