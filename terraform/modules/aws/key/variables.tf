variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "deletion_window_days" {
  description = "Waiting period before a deleted key is destroyed, in days: 7 to 30."
  type        = number
  default     = 30
}

