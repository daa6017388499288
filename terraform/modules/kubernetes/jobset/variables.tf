variable "chart_version" {
  description = "Version of the chart."
  type        = string
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

variable "node_selector" {
  description = "Node selector of the pods."
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
