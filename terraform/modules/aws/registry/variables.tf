variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "image" {
  description = "Tag in the repository that steps use where they name no image."
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

variable "force_delete" {
  description = "Remove the repository with its images."
  type        = bool
  default     = false
}

