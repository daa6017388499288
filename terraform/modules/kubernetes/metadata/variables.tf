variable "allow_namespaces" {
  description = "Namespaces whose pods can connect to the service."
  type        = list(string)
  default     = []
}

variable "cpu" {
  description = "CPU units of each pod; 1024 units are one CPU."
  type        = number
  default     = 512
}

variable "database" {
  description = "Host, port and name of the database."
  type = object({
    host = string
    port = number
    name = string
  })
}

variable "database_account" {
  description = "Database account. It is in no state and no plan."
  type = object({
    username = string
    password = string
  })
  sensitive = true
  ephemeral = true
}

variable "database_account_version" {
  description = "Increase it to write the account again."
  type        = number
  default     = 1
}

variable "image" {
  description = "Image of the metadata service."
  type        = string
}

variable "labels" {
  description = "Labels of all resources."
  type        = map(string)
  default     = {}
}

variable "max_replicas" {
  description = "Maximum number of pods."
  type        = number
  default     = 4
}

variable "memory" {
  description = "Memory of each pod, in MB."
  type        = number
  default     = 1024
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

variable "replicas" {
  description = "Minimum number of pods."
  type        = number
  default     = 1
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
