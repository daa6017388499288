variable "generation" {
  description = "Raise it for new passwords."
  type        = number
  default     = 1
}

variable "kms_key_id" {
  description = "Id of the key that encrypts; null for the keys of Google."
  type        = string
  default     = null
}

variable "lasting" {
  description = "Names whose password stays the first: what was encrypted with it could not be read with another."
  type        = set(string)
  default     = []
}

variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "names" {
  description = "Names of the accounts."
  type        = set(string)

  validation {
    condition     = alltrue([for name in var.names : can(regex("^[a-z][a-z0-9-]{0,62}$", name))])
    error_message = "A name is lower-case letters, digits and hyphens."
  }
}

variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Where the secrets lie."
  type        = string
}

variable "use_kms_key" {
  description = "Whether kms_key_id is given; the id itself may be known only when it is made."
  type        = bool
  default     = false
}
