variable "backend_image" {
  description = "Image of the backend."
  type        = string
}

variable "cache_gb" {
  description = "Disk of the backend for what it read of runs."
  type        = number
  default     = 50
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

variable "datastore_environment" {
  description = "Where runs lie, as the backend reads it: METAFLOW_DEFAULT_DATASTORE, METAFLOW_DATASTORE_SYSROOT_*, MF_DATASTORE_ROOT."
  type        = map(string)
}

variable "labels" {
  description = "Labels of everything that is made."
  type        = map(string)
  default     = {}
}

variable "memory" {
  description = "Memory of the backend, in MB."
  type        = number
  default     = 4096
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

variable "pod_labels" {
  description = "Labels of pods that the cloud's identity asks for."
  type        = map(string)
  default     = {}
}

variable "service_account_annotations" {
  description = "What binds its service accounts to an identity of the cloud."
  type        = map(string)
  default     = {}
}

variable "static_image" {
  description = "Image of the pages."
  type        = string
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
