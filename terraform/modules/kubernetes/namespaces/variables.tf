variable "default_namespace" {
  description = "Namespace for flows that select none."
  type        = string

  validation {
    condition     = contains(keys(var.namespaces), var.default_namespace)
    error_message = "default_namespace must be a name in namespaces."
  }
}

variable "labels" {
  description = "Labels of all resources."
  type        = map(string)
  default     = {}
}

variable "namespaces" {
  description = "Namespaces for flows by name, with their quotas for all pods together; null for no limit."
  type = map(object({
    max_cpus      = optional(number)
    max_memory_gb = optional(number)
    max_gpus      = optional(number)
    max_pods      = optional(number)
  }))

  validation {
    condition     = alltrue([for name in keys(var.namespaces) : can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", name))])
    error_message = "The name of a namespace must have at most 63 lower-case letters, digits and hyphens."
  }

  validation {
    condition     = alltrue([for name in keys(var.namespaces) : !contains(["default", "mfinfra", "argo", "argo-events", "airflow", "jobset-system"], name) && !startswith(name, "kube-")])
    error_message = "default, mfinfra, argo, argo-events, airflow, jobset-system and kube-* are reserved and cannot be namespaces for flows."
  }
}

variable "node_selector" {
  description = "Node selector for tasks that select no pool."
  type        = map(string)
  default     = {}
}

variable "pod_labels" {
  description = "Labels that pods of tasks need for their identity of the cloud."
  type        = map(string)
  default     = {}
}

variable "service_account_annotations" {
  description = "Annotations that bind the service account of flows to an identity of the cloud."
  type        = map(string)
  default     = {}
}

variable "tolerations" {
  description = "Tolerations of tasks."
  type = list(object({
    key      = optional(string)
    operator = optional(string, "Equal")
    value    = optional(string)
    effect   = optional(string)
  }))
  default = []
}
