variable "cidr" {
  description = "CIDR range of the network, /16 to /21."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.cidr)) && try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 21, false)
    error_message = "cidr must be a CIDR range from /16 to /21, for example 10.20.0.0/16."
  }
}

variable "flow_logs" {
  description = "Whether to write flow logs."
  type        = bool
  default     = false
}

variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "nat" {
  description = "Static addresses of Cloud NAT: none, one, or per_zone."
  type        = string
  default     = "one"

  validation {
    condition     = contains(["none", "one", "per_zone"], var.nat)
    error_message = "nat must be none, one or per_zone."
  }
}

variable "project" {
  description = "ID of the project."
  type        = string
}

variable "region" {
  description = "Google Cloud region."
  type        = string
}

variable "zones" {
  description = "Number of zones."
  type        = number
  default     = 1
}
