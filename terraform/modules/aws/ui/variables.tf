variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "vpc_id" {
  description = "ID of the VPC."
  type        = string
}

variable "vpc_cidr_blocks" {
  description = "CIDR ranges of the VPC."
  type        = list(string)
}

variable "private_subnet_ids" {
  description = "IDs of the subnets of the services."
  type        = list(string)
}

variable "public_subnet_ids" {
  description = "IDs of the subnets of the load balancer if it is not internal."
  type        = list(string)
  default     = []
}

variable "certificate_arn" {
  description = "ARN of the ACM certificate for the domain of the UI."
  type        = string
}

variable "domain" {
  description = "Domain name of the UI."
  type        = string
}

variable "auth" {
  description = "Identity provider for sign-in: cognito or oidc."
  type        = string
  default     = "cognito"

  validation {
    condition     = contains(["cognito", "oidc"], var.auth)
    error_message = "auth must be cognito or oidc."
  }
}

variable "oidc" {
  description = "OIDC client, for auth = oidc. client_secret is the ARN of a secret. Its value is read at deployment and stored in the state, marked as sensitive, as for every listener rule of AWS: use a separate client."
  type = object({
    issuer                 = string
    authorization_endpoint = string
    token_endpoint         = string
    user_info_endpoint     = string
    client_id              = string
    client_secret          = string
  })
  default = null
}

variable "cognito_prefix" {
  description = "Domain prefix of the sign-in page. Default: stack name and account."
  type        = string
  default     = null
}

variable "internal" {
  description = "Whether the load balancer is internal."
  type        = bool
  default     = false
}

variable "allow_cidrs" {
  description = "CIDR ranges that can reach the UI; empty for all."
  type        = list(string)
  default     = []
}

variable "backend_image" {
  description = "Image of the UI backend."
  type        = string
}

variable "static_image" {
  description = "Image of the UI frontend."
  type        = string
}

variable "database_generation" {
  description = "Generation of the database password."
  type        = number
  default     = 1
}

variable "database_host" {
  description = "Host of the database."
  type        = string
}

variable "database_port" {
  description = "Port of the database."
  type        = number
  default     = 5432
}

variable "database_name" {
  description = "Name of the database."
  type        = string
  default     = "metaflow"
}

variable "database_secret_arn" {
  description = "ARN of the secret with username and password of the database."
  type        = string
}

variable "database_security_group_id" {
  description = "ID of the security group of the database."
  type        = string
}

variable "bucket_name" {
  description = "Name of the bucket."
  type        = string
}

variable "bucket_arn" {
  description = "ARN of the bucket."
  type        = string
}

variable "prefix" {
  description = "Prefix of runs in the bucket."
  type        = string
  default     = "metaflow"
}

variable "use_kms_key" {
  description = "Whether kms_key_arn is set; the ARN itself can be unknown until the key is created."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "ARN of the KMS key for encryption; null for keys managed by AWS."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "Retention of logs, in days."
  type        = number
  default     = 30
}

variable "force_destroy" {
  description = "Whether to delete the access log bucket including its content."
  type        = bool
  default     = false
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of all IAM roles; null for none."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether to enable deletion protection."
  type        = bool
  default     = false
}

