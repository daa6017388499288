variable "create_key" {
  description = "Make a key; false uses the one named."
  type        = bool
  default     = true
}

variable "deletion_protection" {
  description = "Refuse removal."
  type        = bool
  default     = false
}

variable "deletion_window_days" {
  description = "Days between the wish to remove the key and its end, 1 to 120."
  type        = number
  default     = 30

  validation {
    condition     = var.deletion_window_days >= 1 && var.deletion_window_days <= 120
    error_message = "deletion_window_days is 1 to 120."
  }
}

variable "key_id" {
  description = "The key that exists: projects/P/locations/REGION/keyRings/R/cryptoKeys/K."
  type        = string
  default     = null
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

variable "region" {
  description = "Region of Google Cloud."
  type        = string
}
