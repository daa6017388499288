variable "default_namespace" {
  description = "The namespace of flows that name none."
  type        = string

  validation {
    condition     = contains(keys(var.namespaces), var.default_namespace)
    error_message = "default_namespace is none of namespaces."
  }
}

variable "labels" {
  description = "Labels of everything that is made."
  type        = map(string)
  default     = {}
}

variable "namespaces" {
  description = "Namespaces of flows by name, with what all pods in one may ask for together; null for no limit."
  type = map(object({
    max_cpus      = optional(number)
    max_memory_gb = optional(number)
    max_gpus      = optional(number)
    max_pods      = optional(number)
  }))

  validation {
    condition     = alltrue([for name in keys(var.namespaces) : can(regex("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", name))])
    error_message = "A namespace is lower-case letters, digits and hyphens, 63 at most."
  }

  validation {
    condition     = alltrue([for name in keys(var.namespaces) : !contains(["default", "mfinfra", "argo", "argo-events", "airflow", "jobset-system"], name) && !startswith(name, "kube-")])
    error_message = "default, mfinfra, argo, argo-events, airflow, jobset-system and kube-* are no namespaces for flows."
  }
}

variable "node_selector" {
  description = "Labels of the nodes of tasks that name none."
  type        = map(string)
  default     = {}
}

variable "pod_labels" {
  description = "Labels of tasks that the cloud's identity asks for."
  type        = map(string)
  default     = {}
}

variable "service_account_annotations" {
  description = "What binds the service account of flows to an identity of the cloud."
  type        = map(string)
  default     = {}
}

variable "tolerations" {
  description = "Taints that tasks accept."
  type = list(object({
    key      = optional(string)
    operator = optional(string, "Equal")
    value    = optional(string)
    effect   = optional(string)
  }))
  default = []
}
