variable "admin_arns" {
  description = "Roles and users that administer the cluster, beside who makes it."
  type        = set(string)
  default     = []
}

variable "allow_cidrs" {
  description = "Addresses that may reach a public endpoint; all where empty."
  type        = list(string)
  default     = []
}

variable "bucket_arn" {
  description = "ARN of the bucket."
  type        = string
}

variable "database" {
  description = "Security group and port of the database that pods reach."
  type = object({
    security_group = string
    port           = number
  })
}

variable "default_pool" {
  description = "The pool of tasks that name none."
  type        = string

  validation {
    condition     = contains(keys(var.pools), var.default_pool)
    error_message = "default_pool is none of pools."
  }
}

variable "deletion_protection" {
  description = "Refuse removal."
  type        = bool
  default     = false
}

variable "endpoint" {
  description = "Where the API is reached from: public, or private for inside the network only."
  type        = string
  default     = "public"

  validation {
    condition     = contains(["public", "private"], var.endpoint)
    error_message = "endpoint is public or private."
  }
}

variable "high_availability" {
  description = "Two nodes for the stack's own services from the start."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts; null for the keys of AWS."
  type        = string
  default     = null
}

variable "kubernetes_version" {
  description = "Kubernetes, as 1.35."
  type        = string
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 30
}

variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "namespaces" {
  description = "Namespaces whose service account `flows` gets the identity of tasks."
  type        = set(string)
}

variable "permissions_boundary" {
  description = "ARN of a policy that bounds every role; null for none."
  type        = string
  default     = null
}

variable "pools" {
  description = "Pools of nodes for tasks by name; each may go down to zero."
  type = map(object({
    machine_types = list(string)
    spot          = bool
    gpu           = bool
    min_nodes     = number
    max_nodes     = number
    disk_gb       = number
  }))

  validation {
    condition     = alltrue([for name in keys(var.pools) : can(regex("^[a-z][a-z0-9-]{0,30}$", name)) && name != "system"])
    error_message = "A pool is named by lower-case letters, digits and hyphens, 31 at most, and not system."
  }

  validation {
    condition     = alltrue([for pool in var.pools : pool.min_nodes <= pool.max_nodes && pool.max_nodes > 0])
    error_message = "min_nodes of a pool is more than its max_nodes, or max_nodes is 0."
  }
}

variable "prefix" {
  description = "Where in the bucket tasks read and write."
  type        = string
  default     = "metaflow"
}

variable "secret_arns" {
  description = "Secrets that tasks may read."
  type        = list(string)
  default     = []
}

variable "services" {
  description = "The stack's own services that reach the bucket, by name: their service account, and whether they write."
  type = map(object({
    namespace       = string
    service_account = string
    write           = bool
  }))
  default = {}
}

variable "subnet_ids" {
  description = "Private subnets, in two zones or more."
  type        = list(string)
}

variable "system_machine_types" {
  description = "Machines of the stack's own services."
  type        = list(string)
  default     = ["t3.large", "t3a.large"]
}

variable "tags" {
  description = "Tags of what the tags of the provider do not reach."
  type        = map(string)
  default     = {}
}

variable "use_kms_key" {
  description = "Whether kms_key_arn is given; the ARN itself may be known only when it is made."
  type        = bool
  default     = false
}
