variable "name" {
  description = "Name of the secret in the vault."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]{1,127}$", var.name))
    error_message = "A secret's name is letters, digits and hyphens."
  }
}

variable "passwords" {
  description = "Names of the passwords in it."
  type        = set(string)
  default     = ["password"]
}

variable "plain" {
  description = "What else is in it and no secret, such as a user name."
  type        = map(string)
  default     = {}
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
