variable "database" {
  description = "Name of the database."
  type        = string
}

variable "host" {
  description = "Host of the database server."
  type        = string
}

variable "port" {
  description = "Port of the database server."
  type        = number
  default     = 5432
}

variable "project" {
  description = "ID of the project."
  type        = string
}

variable "secret" {
  description = "Secret with the database account: a name, or projects/P/secrets/NAME."
  type        = string

  validation {
    condition     = can(regex("^([A-Za-z0-9_-]+|projects/[^/]+/secrets/[A-Za-z0-9_-]+)$", var.secret))
    error_message = "secret must be a name, or projects/P/secrets/NAME."
  }
}
