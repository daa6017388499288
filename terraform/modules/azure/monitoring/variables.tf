variable "location" {
  description = "Azure region."
  type        = string
}

variable "log_retention_days" {
  description = "Retention of logs, in days; values below 30 are raised to 30."
  type        = number
  default     = 30

  validation {
    condition     = var.log_retention_days >= 1 && var.log_retention_days <= 730
    error_message = "log_retention_days must be at most 730."
  }
}

variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "resource_group_name" {
  description = "Name of the resource group."
  type        = string
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
}
