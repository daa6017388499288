variable "generation" {
  description = "Increase it to generate new passwords."
  type        = number
  default     = 1
}

variable "kms_key_arn" {
  description = "ARN of the KMS key for encryption; null for keys managed by AWS."
  type        = string
  default     = null
}

variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "passwords" {
  description = "Names of the passwords."
  type        = set(string)
  default     = ["password"]
}

variable "recovery_days" {
  description = "Days in which a deleted secret can be restored: 0, or 7 to 30."
  type        = number
  default     = 30
}

variable "username" {
  description = "User name of the account."
  type        = string
}
