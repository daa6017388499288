variable "accounts" {
  description = "Service accounts of the cluster, with the parts of the bucket that each reads or writes, as metaflow."
  type = map(object({
    namespace       = string
    service_account = string
    read            = optional(list(string), [])
    write           = optional(list(string), [])
  }))

  validation {
    condition     = alltrue(flatten([for account in var.accounts : [for part in concat(account.read, account.write) : can(regex("^[a-z0-9][a-z0-9/_-]*[a-z0-9]$", part))]]))
    error_message = "A part is lower-case letters, digits, hyphens, underscores and slashes, with none at its ends."
  }
}

variable "bucket_name" {
  description = "The bucket."
  type        = string
}

variable "people" {
  description = "Others who may use the bucket, as user:ada@example.com."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for member in var.people : can(regex("^(user|group|serviceAccount):[^:@ ]+@[^:@ ]+$|^principal(Set)?://.+$", member))])
    error_message = "A member is user:, group: or serviceAccount: and an address, or principal:// or principalSet://."
  }
}

variable "project_number" {
  description = "Number of the project."
  type        = string
}

variable "workload_pool" {
  description = "The pool of the cluster's service accounts."
  type        = string
}
