variable "cidr" {
  description = "Addresses of the network."
  type        = string
  default     = "10.40.0.0/16"

  validation {
    condition     = can(regex("/(1[6-9]|2[01])$", var.cidr)) && can(cidrhost(var.cidr, 0))
    error_message = "cidr is an IPv4 block from /16 to /21."
  }
}

variable "flow_log_account" {
  description = "Name of the storage account for flow logs; needed where there are any."
  type        = string
  default     = null

  validation {
    condition     = var.flow_log_account == null || can(regex("^[a-z0-9]{3,24}$", var.flow_log_account))
    error_message = "A storage account's name is 3 to 24 lower-case letters and digits."
  }
}

variable "flow_logs" {
  description = "Log who spoke with whom."
  type        = bool
  default     = false
}

variable "location" {
  description = "Region of Azure."
  type        = string
}

variable "log_retention_days" {
  description = "Days that flow logs are kept."
  type        = number
  default     = 90
}

variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "nat" {
  description = "NAT gateway of the machines: none, one, or per_zone (one that outlives the loss of a zone)."
  type        = string
  default     = "one"

  validation {
    condition     = contains(["none", "one", "per_zone"], var.nat)
    error_message = "nat is none, one or per_zone."
  }
}

variable "pod_cidr" {
  description = "Addresses of pods, beside those of the network."
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
