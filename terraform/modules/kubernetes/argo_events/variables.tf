variable "chart_version" {
  description = "Version of the chart."
  type        = string
}

variable "default_namespace" {
  description = "Namespace for flows that select none."
  type        = string
}

variable "exporter_version" {
  description = "Version of the NATS exporter for Prometheus, which runs in the pods of the event bus."
  type        = string
}

variable "high_availability" {
  description = "Whether to run two replicas of each component, on different nodes."
  type        = bool
  default     = false
}

variable "jetstream_version" {
  description = "Version of NATS JetStream, which the event bus uses."
  type        = string
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

variable "reloader_version" {
  description = "Version of the NATS configuration reloader, which runs in the pods of the event bus."
  type        = string
}

variable "storage_class" {
  description = "Storage class of the disks of the event bus; null to store events in memory and on the nodes."
  type        = string
  default     = null
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
