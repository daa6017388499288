variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "create_bucket" {
  description = "Make a bucket; false uses the one named, and changes nothing of it."
  type        = bool
  default     = true
}

variable "bucket_name" {
  description = "Name of the bucket; default: name, account and region."
  type        = string
  default     = null
}

variable "use_kms_key" {
  description = "Whether kms_key_arn is given; the ARN itself may be known only when it is made."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts; null for the keys of AWS."
  type        = string
  default     = null
}

variable "versioning" {
  description = "Keep what is overwritten or deleted."
  type        = bool
  default     = false
}

variable "noncurrent_days" {
  description = "Days that old versions are kept."
  type        = number
  default     = 30
}

variable "access_logs" {
  description = "Log every access into a second bucket."
  type        = bool
  default     = false
}

variable "force_destroy" {
  description = "Remove the bucket with what is in it."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "Days that access logs are kept."
  type        = number
  default     = 90
}

