variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "deletion_window_days" {
  description = "Days between the wish to remove the key and its end, 7 to 30."
  type        = number
  default     = 30
}

