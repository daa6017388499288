variable "labels" {
  description = "Labels of everything that is made."
  type        = map(string)
  default     = {}
}

variable "name" {
  description = "Name of the storage class."
  type        = string
  default     = "encrypted"
}

variable "parameters" {
  description = "What it is told of them."
  type        = map(string)
  default     = {}
}

variable "provisioner" {
  description = "What makes the disks."
  type        = string
}
