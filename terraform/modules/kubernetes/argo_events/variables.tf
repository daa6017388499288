variable "chart_version" {
  description = "Version of the chart."
  type        = string
}

variable "default_namespace" {
  description = "The namespace whose settings are those of flows that name none."
  type        = string
}

variable "high_availability" {
  description = "Two of everything, on different nodes."
  type        = bool
  default     = false
}

variable "jetstream_version" {
  description = "Version of the event bus, one that the chart knows."
  type        = string
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

variable "storage_class" {
  description = "Storage class of the disks of the event bus; null to keep events in memory and on the nodes."
  type        = string
  default     = null
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
