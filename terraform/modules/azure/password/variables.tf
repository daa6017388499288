variable "generation" {
  description = "Raise it for a new password."
  type        = number
  default     = 1
}

variable "name" {
  description = "Name of the account."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,62}$", var.name))
    error_message = "A name is lower-case letters, digits and hyphens."
  }
}

variable "tags" {
  description = "Tags of everything that is made."
  type        = map(string)
  default     = {}
}

variable "vault_id" {
  description = "Id of the vault, which who deploys can write to."
  type        = string
}
