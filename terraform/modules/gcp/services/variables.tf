variable "project" {
  description = "ID of the project; null for the project of the provider."
  type        = string
  default     = null
}

variable "region" {
  description = "Google Cloud region."
  type        = string
}

variable "services" {
  description = "APIs to enable, for example container.googleapis.com."
  type        = set(string)

  validation {
    condition     = alltrue([for service in var.services : endswith(service, ".googleapis.com")])
    error_message = "The name of a service must be like container.googleapis.com."
  }
}

variable "zones" {
  description = "Number of zones."
  type        = number
  default     = 1

  validation {
    condition     = var.zones >= 1
    error_message = "zones must be at least 1."
  }
}
