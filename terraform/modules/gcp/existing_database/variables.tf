variable "database" {
  description = "Name of the database."
  type        = string
}

variable "host" {
  description = "Where the server is."
  type        = string
}

variable "port" {
  description = "Its port."
  type        = number
  default     = 5432
}

variable "project" {
  description = "Id of the project."
  type        = string
}

variable "secret" {
  description = "The secret with its account: a name, or projects/P/secrets/NAME."
  type        = string

  validation {
    condition     = can(regex("^([A-Za-z0-9_-]+|projects/[^/]+/secrets/[A-Za-z0-9_-]+)$", var.secret))
    error_message = "secret is a name, or projects/P/secrets/NAME."
  }
}
