variable "allow" {
  description = "Secrets beside those of the stack: a name, or projects/P/secrets/NAME."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for secret in var.allow : can(regex("^([A-Za-z0-9_-]+|projects/[^/]+/secrets/[A-Za-z0-9_-]+)$", secret))])
    error_message = "A secret is a name, or projects/P/secrets/NAME."
  }
}

variable "members" {
  description = "Accounts of tasks, as members of a policy."
  type        = map(string)
}

variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "project" {
  description = "Id of the project."
  type        = string
}

variable "project_number" {
  description = "Number of the project."
  type        = string
}
