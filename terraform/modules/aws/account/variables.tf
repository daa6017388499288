variable "generation" {
  description = "Raise it for new passwords."
  type        = number
  default     = 1
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts; null for the keys of AWS."
  type        = string
  default     = null
}

variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "passwords" {
  description = "What passwords it has, by name."
  type        = set(string)
  default     = ["password"]
}

variable "recovery_days" {
  description = "Days that a removed secret can be taken back, 0 or 7 to 30."
  type        = number
  default     = 30
}

variable "username" {
  description = "The user name."
  type        = string
}
