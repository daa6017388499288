variable "accounts" {
  description = "Passwords by the name of account and database. They are in no state and no plan."
  type        = map(string)
  sensitive   = true
  ephemeral   = true
}

variable "accounts_version" {
  description = "Increase it to write the accounts again."
  type        = number
  default     = 1
}

variable "admin_account" {
  description = "Account with the permission to create databases. It is in no state and no plan."
  type = object({
    username = string
    password = string
  })
  sensitive = true
  ephemeral = true
}

variable "database" {
  description = "Host, port and name of the database."
  type = object({
    host = string
    port = number
    name = string
  })
}

variable "image" {
  description = "Image that contains psql."
  type        = string
}

variable "labels" {
  description = "Labels of all resources."
  type        = map(string)
  default     = {}
}

variable "names" {
  description = "Names of the databases to create; each gets an account of the same name."
  type        = set(string)
}

variable "namespace" {
  description = "Existing namespace."
  type        = string
}

variable "node_selector" {
  description = "Node selector of the pods."
  type        = map(string)
  default     = {}
}

variable "tolerations" {
  description = "Tolerations of the pods."
  type = list(object({
    key      = optional(string)
    operator = optional(string, "Equal")
    value    = optional(string)
    effect   = optional(string)
  }))
  default = []
}
