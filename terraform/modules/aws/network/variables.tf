variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "cidr" {
  description = "Addresses of the network."
  type        = string
}

variable "zones" {
  description = "Availability zones."
  type        = number
  default     = 2
}

variable "nat" {
  description = "NAT gateways: none, one, or per_zone."
  type        = string
  default     = "one"

  validation {
    condition     = contains(["none", "one", "per_zone"], var.nat)
    error_message = "nat is none, one or per_zone."
  }
}

variable "endpoints" {
  description = "Services reached by interface endpoints, as ecr.api."
  type        = list(string)
  default     = []
}

variable "flow_logs" {
  description = "Log the connections."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 30
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts; null for the keys of AWS."
  type        = string
  default     = null
}

variable "permissions_boundary" {
  description = "ARN of a policy that bounds every role; null for none."
  type        = string
  default     = null
}

