variable "generation" {
  description = "Increase it to generate new passwords."
  type        = number
  default     = 1
}

variable "kms_key_id" {
  description = "ID of the Cloud KMS key for encryption; null for keys managed by Google."
  type        = string
  default     = null
}

variable "lasting" {
  description = "Accounts whose password is never rotated, because data that is encrypted with it could not be decrypted with another."
  type        = set(string)
  default     = []
}

variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "names" {
  description = "Names of the accounts."
  type        = set(string)

  validation {
    condition     = alltrue([for name in var.names : can(regex("^[a-z][a-z0-9-]{0,62}$", name))])
    error_message = "A name must contain only lower-case letters, digits and hyphens."
  }
}

variable "project" {
  description = "ID of the project."
  type        = string
}

variable "region" {
  description = "Region of the secrets."
  type        = string
}

variable "use_kms_key" {
  description = "Whether kms_key_id is set; the ID itself can be unknown until the key is created."
  type        = bool
  default     = false
}
