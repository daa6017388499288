variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets of the machines."
  type        = list(string)
}

variable "pools" {
  description = "Pools of machines by name; a queue is made for each."
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
    error_message = "A pool is on_demand, spot, fargate or fargate_spot."
  }

  validation {
    condition     = alltrue([for pool in var.pools : pool.min_vcpus <= pool.max_vcpus])
    error_message = "min_vcpus of a pool is more than its max_vcpus."
  }
}

variable "default_pool" {
  description = "The pool of steps that name no queue."
  type        = string
}

variable "bucket_arn" {
  description = "ARN of the bucket."
  type        = string
}

variable "prefix" {
  description = "Where in the bucket tasks read and write."
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

variable "secret_arns" {
  description = "Secrets that tasks may read."
  type        = list(string)
  default     = []
}

variable "permissions_boundary" {
  description = "ARN of a policy that bounds every role; null for none."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of what the tags of the provider do not reach."
  type        = map(string)
  default     = {}
}

