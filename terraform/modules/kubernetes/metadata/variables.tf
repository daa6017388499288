variable "allow_namespaces" {
  description = "Namespaces whose pods may use the service."
  type        = list(string)
  default     = []
}

variable "cpu" {
  description = "CPU of each pod; 1024 is a CPU."
  type        = number
  default     = 512
}

variable "database" {
  description = "The database."
  type = object({
    host = string
    port = number
    name = string
  })
}

variable "database_account" {
  description = "Account in the database. In no state and no plan."
  type = object({
    username = string
    password = string
  })
  sensitive = true
  ephemeral = true
}

variable "database_account_version" {
  description = "Raise it to write the account again."
  type        = number
  default     = 1
}

variable "image" {
  description = "Image of the metadata service."
  type        = string
}

variable "labels" {
  description = "Labels of everything that is made."
  type        = map(string)
  default     = {}
}

variable "max_replicas" {
  description = "Pods under load."
  type        = number
  default     = 4
}

variable "memory" {
  description = "Memory of each pod, in MB."
  type        = number
  default     = 1024
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

variable "replicas" {
  description = "Pods at rest."
  type        = number
  default     = 1
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
