variable "generation" {
  description = "Increase it to generate a new password."
  type        = number
  default     = 1
}

variable "name" {
  description = "Name of the account."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,62}$", var.name))
    error_message = "A name must contain only lower-case letters, digits and hyphens."
  }
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
}

variable "vault_id" {
  description = "ID of the key vault; the principal that deploys must have write access to it."
  type        = string
}
