variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "vpc_id" {
  description = "ID of the VPC."
  type        = string
}

variable "subnet_ids" {
  description = "IDs of the subnets of the instances."
  type        = list(string)
}

variable "pools" {
  description = "Pools of instances by name; each pool has a Batch queue."
  type = map(object({
    kind             = string
    instance_types   = list(string)
    min_vcpus        = number
    max_vcpus        = number
    ami              = optional(string)
    gpu              = bool
    disk_gb          = number
    priority         = number
    runnable_minutes = optional(number)
    fair_share       = bool
  }))

  validation {
    condition     = alltrue([for pool in var.pools : contains(["on_demand", "spot", "fargate", "fargate_spot"], pool.kind)])
    error_message = "kind must be on_demand, spot, fargate or fargate_spot."
  }

  validation {
    condition     = alltrue([for pool in var.pools : pool.min_vcpus <= pool.max_vcpus])
    error_message = "min_vcpus of a pool must not be greater than its max_vcpus."
  }
}

variable "default_pool" {
  description = "Name of the pool for steps that select no queue."
  type        = string
}

variable "bucket_arn" {
  description = "ARN of the bucket."
  type        = string
}

variable "prefix" {
  description = "Prefix in the bucket that tasks can read and write."
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

variable "secret_arns" {
  description = "ARNs of the secrets that tasks can read."
  type        = list(string)
  default     = []
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of all IAM roles; null for none."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for resources that the provider's default_tags do not cover."
  type        = map(string)
  default     = {}
}

