variable "admin_arns" {
  description = "ARNs of roles and users with administrator access to the cluster, in addition to its creator."
  type        = set(string)
  default     = []
}

variable "allow_cidrs" {
  description = "CIDR ranges that can reach a public endpoint; empty for all."
  type        = list(string)
  default     = []
}

variable "bucket_arn" {
  description = "ARN of the bucket."
  type        = string
}

variable "database" {
  description = "Security group ID and port of the database, for pods."
  type = object({
    security_group = string
    port           = number
  })
}

variable "default_pool" {
  description = "Name of the pool for tasks that select none."
  type        = string

  validation {
    condition     = contains(keys(var.pools), var.default_pool)
    error_message = "default_pool must be a name in pools."
  }
}

variable "deletion_protection" {
  description = "Whether to enable deletion protection."
  type        = bool
  default     = false
}

variable "endpoint" {
  description = "Endpoint of the API server: public, or private for access from the network only."
  type        = string
  default     = "public"

  validation {
    condition     = contains(["public", "private"], var.endpoint)
    error_message = "endpoint must be public or private."
  }
}

variable "high_availability" {
  description = "Whether the system pool starts with two nodes."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "ARN of the KMS key for encryption; null for keys managed by AWS."
  type        = string
  default     = null
}

variable "kubernetes_version" {
  description = "Kubernetes version, for example 1.35."
  type        = string
}

variable "log_retention_days" {
  description = "Retention of logs, in days."
  type        = number
  default     = 30
}

variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "namespaces" {
  description = "Namespaces whose service account `flows` gets the IAM role of tasks."
  type        = set(string)
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of all IAM roles; null for none."
  type        = string
  default     = null
}

variable "pools" {
  description = "Pools of nodes for tasks by name; each can scale to zero."
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
    error_message = "The name of a pool must have at most 31 lower-case letters, digits and hyphens, and must not be system."
  }

  validation {
    condition     = alltrue([for pool in var.pools : pool.min_nodes <= pool.max_nodes && pool.max_nodes > 0])
    error_message = "max_nodes of a pool must be at least 1 and not less than its min_nodes."
  }
}

variable "prefix" {
  description = "Prefix in the bucket that tasks can read and write."
  type        = string
  default     = "metaflow"
}

variable "secret_arns" {
  description = "ARNs of the secrets that tasks can read."
  type        = list(string)
  default     = []
}

variable "services" {
  description = "Services of the stack with access to the bucket, by name: their service account, the prefixes that they read and write, and whether they check that the bucket exists."
  type = map(object({
    namespace       = string
    service_account = string
    read            = optional(list(string), [])
    write           = optional(list(string), [])
    checks_bucket   = optional(bool, false)
  }))
  default = {}
}

variable "subnet_ids" {
  description = "IDs of private subnets in at least two availability zones."
  type        = list(string)
}

variable "system_machine_types" {
  description = "Instance types of the system pool."
  type        = list(string)
  default     = ["t3.large", "t3a.large"]
}

variable "tags" {
  description = "Tags for resources that the provider's default_tags do not cover."
  type        = map(string)
  default     = {}
}

variable "use_kms_key" {
  description = "Whether kms_key_arn is set; the ARN itself can be unknown until the key is created."
  type        = bool
  default     = false
}
