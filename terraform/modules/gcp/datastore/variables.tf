variable "access_logs" {
  description = "Log every access into a second bucket."
  type        = bool
  default     = false
}

variable "bucket_name" {
  description = "Name of the bucket; default: name, and eight characters that come of project and region."
  type        = string
  default     = null
}

variable "create_bucket" {
  description = "Make a bucket; false uses the one named, and changes nothing of it but who may use it."
  type        = bool
  default     = true
}

variable "force_destroy" {
  description = "Remove the bucket with what is in it."
  type        = bool
  default     = false
}

variable "kms_key_id" {
  description = "Id of the key that encrypts; null for the keys of Google."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "Days that access logs are kept."
  type        = number
  default     = 90
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

variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Region of Google Cloud."
  type        = string
}

variable "use_kms_key" {
  description = "Whether kms_key_id is given; the id itself may be known only when it is made."
  type        = bool
  default     = false
}

variable "versioning" {
  description = "Keep what is overwritten or deleted."
  type        = bool
  default     = false
}
