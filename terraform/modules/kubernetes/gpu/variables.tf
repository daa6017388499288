variable "chart_version" {
  description = "Version of the chart."
  type        = string
}

variable "node_selector" {
  description = "Node selector for nodes with GPUs."
  type        = map(string)
  default     = { "mfinfra.dev/gpu" = "true" }
}

variable "tolerations" {
  description = "Tolerations for nodes with GPUs."
  type = list(object({
    key      = optional(string)
    operator = optional(string, "Equal")
    value    = optional(string)
    effect   = optional(string)
  }))
  default = []
}
