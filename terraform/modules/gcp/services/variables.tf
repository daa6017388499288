variable "project" {
  description = "Id of the project; null for that of the provider."
  type        = string
  default     = null
}

variable "region" {
  description = "Region of Google Cloud."
  type        = string
}

variable "services" {
  description = "Services to switch on, as container.googleapis.com."
  type        = set(string)

  validation {
    condition     = alltrue([for service in var.services : endswith(service, ".googleapis.com")])
    error_message = "A service is named as container.googleapis.com."
  }
}

variable "zones" {
  description = "How many zones are used."
  type        = number
  default     = 1

  validation {
    condition     = var.zones >= 1
    error_message = "zones is 1 or more."
  }
}
