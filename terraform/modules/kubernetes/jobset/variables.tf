variable "chart_version" {
  description = "Version of the chart."
  type        = string
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

variable "node_selector" {
  description = "Labels of the nodes that it runs on."
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
