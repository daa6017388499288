variable "cidr" {
  description = "CIDR range of the network."
  type        = string
  default     = "10.40.0.0/16"

  validation {
    condition     = can(regex("/(1[6-9]|2[01])$", var.cidr)) && can(cidrhost(var.cidr, 0))
    error_message = "cidr must be an IPv4 CIDR range from /16 to /21."
  }
}

variable "flow_log_account" {
  description = "Name of the storage account for flow logs; required with flow_logs."
  type        = string
  default     = null

  validation {
    condition     = var.flow_log_account == null || can(regex("^[a-z0-9]{3,24}$", var.flow_log_account))
    error_message = "The name of a storage account must have 3 to 24 lower-case letters and digits."
  }
}

variable "flow_logs" {
  description = "Whether to write flow logs."
  type        = bool
  default     = false
}

variable "location" {
  description = "Azure region."
  type        = string
}

variable "log_retention_days" {
  description = "Retention of flow logs, in days."
  type        = number
  default     = 90
}

variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "nat" {
  description = "NAT gateway of the nodes: none, one, or per_zone (zone-redundant)."
  type        = string
  default     = "one"

  validation {
    condition     = contains(["none", "one", "per_zone"], var.nat)
    error_message = "nat must be none, one or per_zone."
  }
}

variable "pod_cidr" {
  description = "CIDR range of pods, in addition to that of the network."
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
