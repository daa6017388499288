variable "artifact_repository" {
  description = "Where logs and artifacts of workflows lie: one object store, and where in it."
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
    error_message = "artifact_repository names one of s3, azure and gcs."
  }
}

variable "chart_version" {
  description = "Version of the chart."
  type        = string
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

variable "high_availability" {
  description = "Two of everything, on different nodes."
  type        = bool
  default     = false
}

variable "labels" {
  description = "Labels of everything that is made."
  type        = map(string)
  default     = {}
}

variable "metrics" {
  description = "Give figures to Prometheus."
  type        = bool
  default     = false
}

variable "namespaces" {
  description = "Namespaces of flows."
  type        = list(string)
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

variable "service_account" {
  description = "Service account of flows in each of them."
  type        = string
  default     = "flows"
}

variable "service_account_annotations" {
  description = "What binds its service accounts to an identity of the cloud."
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

variable "ui_url" {
  description = "Where people reach its pages; null where only by a tunnel."
  type        = string
  default     = null
}

variable "workflow_days" {
  description = "Days that a finished workflow stays in the cluster; the archive keeps it."
  type        = number
  default     = 7
}
