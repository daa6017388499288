variable "backend_image" {
  description = "Image of the UI backend."
  type        = string
}

variable "cache_gb" {
  description = "Disk size of the cache of the backend, in GB."
  type        = number
  default     = 50
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

variable "datastore_environment" {
  description = "Environment variables of the backend for the datastore: METAFLOW_DEFAULT_DATASTORE, METAFLOW_DATASTORE_SYSROOT_*, MF_DATASTORE_ROOT."
  type        = map(string)
}

variable "labels" {
  description = "Labels of all resources."
  type        = map(string)
  default     = {}
}

variable "memory" {
  description = "Memory of the backend, in MB."
  type        = number
  default     = 4096
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

variable "pod_labels" {
  description = "Labels that pods need for their identity of the cloud."
  type        = map(string)
  default     = {}
}

variable "service_account_annotations" {
  description = "Annotations that bind the service accounts to an identity of the cloud."
  type        = map(string)
  default     = {}
}

variable "static_image" {
  description = "Image of the UI frontend."
  type        = string
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
