variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "vpc_cidr_blocks" {
  description = "Its addresses."
  type        = list(string)
}

variable "private_subnet_ids" {
  description = "Subnets of the services."
  type        = list(string)
}

variable "public_subnet_ids" {
  description = "Subnets of the load balancer, where it is not internal."
  type        = list(string)
  default     = []
}

variable "certificate_arn" {
  description = "Certificate of its name, in ACM."
  type        = string
}

variable "domain" {
  description = "Its host name."
  type        = string
}

variable "auth" {
  description = "Who signs people on: cognito or oidc."
  type        = string
  default     = "cognito"

  validation {
    condition     = contains(["cognito", "oidc"], var.auth)
    error_message = "auth is cognito or oidc."
  }
}

variable "oidc" {
  description = "For auth = oidc. client_secret is the ARN of a secret; its value is read when the stack is deployed and, as every listener rule of AWS, is kept in the state, marked sensitive: use a client of its own."
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
  description = "First part of the name of the sign-on page; default: name and account."
  type        = string
  default     = null
}

variable "internal" {
  description = "Reachable inside the network only."
  type        = bool
  default     = false
}

variable "allow_cidrs" {
  description = "Addresses that may reach the UI; all where empty."
  type        = list(string)
  default     = []
}

variable "backend_image" {
  description = "Image of the backend."
  type        = string
}

variable "static_image" {
  description = "Image of the pages."
  type        = string
}

variable "database_generation" {
  description = "Which password the account in the database has."
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
  description = "ARN of the secret with username and password."
  type        = string
}

variable "database_security_group_id" {
  description = "Security group of the database."
  type        = string
}

variable "bucket_name" {
  description = "The bucket."
  type        = string
}

variable "bucket_arn" {
  description = "ARN of the bucket."
  type        = string
}

variable "prefix" {
  description = "Where in the bucket runs lie."
  type        = string
  default     = "metaflow"
}

variable "use_kms_key" {
  description = "Whether kms_key_arn is given; the ARN itself may be known only when it is made."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts; null for the keys of AWS."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 30
}

variable "force_destroy" {
  description = "Remove the bucket of access logs with what is in it."
  type        = bool
  default     = false
}

variable "permissions_boundary" {
  description = "ARN of a policy that bounds every role; null for none."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Refuse removal."
  type        = bool
  default     = false
}

