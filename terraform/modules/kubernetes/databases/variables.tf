variable "accounts" {
  description = "Passwords of the accounts by the name of account and database. In no state and no plan."
  type        = map(string)
  sensitive   = true
  ephemeral   = true
}

variable "accounts_version" {
  description = "Raise it to write the accounts again."
  type        = number
  default     = 1
}

variable "admin_account" {
  description = "Account that may make databases. In no state and no plan."
  type = object({
    username = string
    password = string
  })
  sensitive = true
  ephemeral = true
}

variable "database" {
  description = "The database."
  type = object({
    host = string
    port = number
    name = string
  })
}

variable "image" {
  description = "Image that has psql."
  type        = string
}

variable "labels" {
  description = "Labels of everything that is made."
  type        = map(string)
  default     = {}
}

variable "names" {
  description = "Databases to make, each with an account of the same name."
  type        = set(string)
}

variable "namespace" {
  description = "The namespace, which exists."
  type        = string
}

variable "node_selector" {
  description = "Labels of the nodes that it runs on."
  type        = map(string)
  default     = {}
}

variable "tolerations" {
  description = "Taints of those nodes that it accepts."
  type = list(object({
    key      = optional(string)
    operator = optional(string, "Equal")
    value    = optional(string)
    effect   = optional(string)
  }))
  default = []
}
