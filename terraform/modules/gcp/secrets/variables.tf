variable "allow" {
  description = "Secrets that tasks can read in addition to those of the stack: a name, or projects/P/secrets/NAME."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for secret in var.allow : can(regex("^([A-Za-z0-9_-]+|projects/[^/]+/secrets/[A-Za-z0-9_-]+)$", secret))])
    error_message = "A secret must be a name, or projects/P/secrets/NAME."
  }
}

variable "members" {
  description = "IAM members of the service accounts of tasks."
  type        = map(string)
}

variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "project" {
  description = "ID of the project."
  type        = string
}

variable "project_number" {
  description = "Project number."
  type        = string
}
