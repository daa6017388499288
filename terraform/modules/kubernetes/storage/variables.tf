variable "labels" {
  description = "Labels of all resources."
  type        = map(string)
  default     = {}
}

variable "name" {
  description = "Name of the storage class."
  type        = string
  default     = "encrypted"
}

variable "parameters" {
  description = "Parameters of the provisioner."
  type        = map(string)
  default     = {}
}

variable "provisioner" {
  description = "Provisioner of the disks."
  type        = string
}
