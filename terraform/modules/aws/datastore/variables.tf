variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "create_bucket" {
  description = "Whether to create the bucket; false uses the existing bucket bucket_name and does not change it."
  type        = bool
  default     = true
}

variable "bucket_name" {
  description = "Name of the bucket. Default: stack name, account and region."
  type        = string
  default     = null
}

variable "use_kms_key" {
  description = "Whether kms_key_arn is set; the ARN itself can be unknown until the key is created."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "ARN of the KMS key for encryption; null for keys managed by AWS."
  type        = string
  default     = null
}

variable "versioning" {
  description = "Whether to keep old versions of objects."
  type        = bool
  default     = false
}

variable "noncurrent_days" {
  description = "Days after which old versions are deleted."
  type        = number
  default     = 30
}

variable "access_logs" {
  description = "Whether to write access logs to a second bucket."
  type        = bool
  default     = false
}

variable "force_destroy" {
  description = "Whether to delete the bucket including its content."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "Retention of access logs, in days."
  type        = number
  default     = 90
}

