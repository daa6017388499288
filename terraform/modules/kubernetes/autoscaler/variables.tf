variable "chart_version" {
  description = "Version of the chart."
  type        = string
}

variable "cluster_name" {
  description = "Name of the cluster."
  type        = string
}

variable "high_availability" {
  description = "Two of everything, on different nodes."
  type        = bool
  default     = false
}

variable "image_tag" {
  description = "Version of the autoscaler: that of Kubernetes."
  type        = string
}

variable "metrics" {
  description = "Give figures to Prometheus."
  type        = bool
  default     = false
}

variable "node_selector" {
  description = "Labels of the nodes that it runs on."
  type        = map(string)
  default     = {}
}

variable "region" {
  description = "Region of AWS."
  type        = string
}

variable "service_account" {
  description = "Its service account, in kube-system."
  type        = string
  default     = "cluster-autoscaler"
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
