variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "cidr" {
  description = "CIDR range of the VPC."
  type        = string
}

variable "zones" {
  description = "Number of availability zones."
  type        = number
  default     = 2
}

variable "nat" {
  description = "NAT gateways: none, one, or per_zone."
  type        = string
  default     = "one"

  validation {
    condition     = contains(["none", "one", "per_zone"], var.nat)
    error_message = "nat must be none, one or per_zone."
  }
}

variable "endpoints" {
  description = "AWS services with interface endpoints, for example ecr.api."
  type        = list(string)
  default     = []
}

variable "flow_logs" {
  description = "Whether to write flow logs."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "Retention of logs, in days."
  type        = number
  default     = 30
}

variable "kms_key_arn" {
  description = "ARN of the KMS key for encryption; null for keys managed by AWS."
  type        = string
  default     = null
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of all IAM roles; null for none."
  type        = string
  default     = null
}

