variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "image" {
  description = "Tag in the repository that is the default image of steps."
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

variable "force_delete" {
  description = "Whether to delete the repository including its images."
  type        = bool
  default     = false
}

