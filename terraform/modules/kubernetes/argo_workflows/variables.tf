variable "artifact_repository" {
  description = "Location of logs and artifacts of workflows: one object store and its settings."
  type = object({
    s3 = optional(object({
      bucket   = string
      endpoint = string
      region   = string
    }))
    azure = optional(object({
      endpoint  = string
      container = string
    }))
    gcs = optional(object({
      bucket = string
    }))
    prefix = string
  })

  validation {
    condition     = length([for store in [var.artifact_repository.s3, var.artifact_repository.azure, var.artifact_repository.gcs] : store if store != null]) == 1
    error_message = "artifact_repository must have exactly one of s3, azure and gcs."
  }
}

variable "chart_version" {
  description = "Version of the chart."
  type        = string
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

variable "high_availability" {
  description = "Whether to run two replicas of each component, on different nodes."
  type        = bool
  default     = false
}

variable "labels" {
  description = "Labels of all resources."
  type        = map(string)
  default     = {}
}

variable "metrics" {
  description = "Whether to expose metrics for Prometheus."
  type        = bool
  default     = false
}

variable "namespaces" {
  description = "Namespaces for flows."
  type        = list(string)
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

variable "service_account" {
  description = "Service account of flows in each namespace."
  type        = string
  default     = "flows"
}

variable "service_account_annotations" {
  description = "Annotations that bind the service accounts to an identity of the cloud."
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

variable "ui_url" {
  description = "URL of the Argo UI; null if it is reached only through a tunnel."
  type        = string
  default     = null
}

variable "workflow_days" {
  description = "Days that a finished workflow stays in the cluster; it remains in the archive."
  type        = number
  default     = 7
}
