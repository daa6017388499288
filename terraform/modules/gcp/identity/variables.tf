variable "accounts" {
  description = "Kubernetes service accounts with the prefixes of the bucket that each can read or write, for example metaflow."
  type = map(object({
    namespace       = string
    service_account = string
    read            = optional(list(string), [])
    write           = optional(list(string), [])
  }))

  validation {
    condition     = alltrue(flatten([for account in var.accounts : [for part in concat(account.read, account.write) : can(regex("^[a-z0-9][a-z0-9/_-]*[a-z0-9]$", part))]]))
    error_message = "A prefix must contain only lower-case letters, digits, hyphens, underscores and slashes, and must not begin or end with a slash."
  }
}

variable "bucket_name" {
  description = "Name of the bucket."
  type        = string
}

variable "people" {
  description = "IAM members of users with access to the bucket, for example user:ada@example.com."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.people : can(regex("^(user|group|serviceAccount):[^:@ ]+@[^:@ ]+$|^principal(Set)?://.+$", member))])
    error_message = "A member must be user:, group: or serviceAccount: and an email address, or begin with principal:// or principalSet://."
  }
}

variable "project_number" {
  description = "Project number."
  type        = string
}

variable "workload_pool" {
  description = "Workload identity pool of the cluster."
  type        = string
}
