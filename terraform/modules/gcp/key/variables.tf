variable "create_key" {
  description = "Whether to create a key; false uses the existing key key_id."
  type        = bool
  default     = true
}

variable "deletion_protection" {
  description = "Whether to enable deletion protection."
  type        = bool
  default     = false
}

variable "deletion_window_days" {
  description = "Waiting period before a deleted key version is destroyed, in days: 1 to 120."
  type        = number
  default     = 30

  validation {
    condition     = var.deletion_window_days >= 1 && var.deletion_window_days <= 120
    error_message = "deletion_window_days must be 1 to 120."
  }
}

variable "key_id" {
  description = "ID of an existing key: projects/P/locations/REGION/keyRings/R/cryptoKeys/K."
  type        = string
  default     = null
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

variable "region" {
  description = "Google Cloud region."
  type        = string
}
