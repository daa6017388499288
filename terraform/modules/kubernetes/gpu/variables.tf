variable "chart_version" {
  description = "Version of the chart."
  type        = string
}

variable "node_selector" {
  description = "Labels of the nodes with a GPU."
  type        = map(string)
  default     = { "mfinfra.dev/gpu" = "true" }
}

variable "tolerations" {
  description = "Taints of the nodes with a GPU."
  type = list(object({
    key      = optional(string)
    operator = optional(string, "Equal")
    value    = optional(string)
    effect   = optional(string)
  }))
  default = []
}
