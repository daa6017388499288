variable "cidr" {
  description = "Addresses of the network, /16 to /21."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.cidr)) && try(tonumber(split("/", var.cidr)[1]) >= 16 && tonumber(split("/", var.cidr)[1]) <= 21, false)
    error_message = "cidr is a network of /16 to /21, as 10.20.0.0/16."
  }
}

variable "flow_logs" {
  description = "Log the connections."
  type        = bool
  default     = false
}

variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "nat" {
  description = "Addresses of the way out: none, one, or per_zone."
  type        = string
  default     = "one"

  validation {
    condition     = contains(["none", "one", "per_zone"], var.nat)
    error_message = "nat is none, one or per_zone."
  }
}

variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Region of Google Cloud."
  type        = string
}

variable "zones" {
  description = "How many zones are used."
  type        = number
  default     = 1
}
