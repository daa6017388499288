variable "location" {
  description = "Region of Azure."
  type        = string
}

variable "log_retention_days" {
  description = "Days that logs are kept; fewer than 30 are 30."
  type        = number
  default     = 30

  validation {
    condition     = var.log_retention_days >= 1 && var.log_retention_days <= 730
    error_message = "Azure keeps logs for 730 days at most."
  }
}

variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "resource_group_name" {
  description = "The resource group."
  type        = string
}

variable "tags" {
  description = "Tags of everything that is made."
  type        = map(string)
  default     = {}
}
