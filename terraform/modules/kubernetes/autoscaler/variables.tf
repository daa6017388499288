variable "chart_version" {
  description = "Version of the chart."
  type        = string
}

variable "cluster_name" {
  description = "Name of the cluster."
  type        = string
}

variable "high_availability" {
  description = "Whether to run two replicas of each component, on different nodes."
  type        = bool
  default     = false
}

variable "image_tag" {
  description = "Version of the autoscaler, which is that of Kubernetes."
  type        = string
}

variable "metrics" {
  description = "Whether to expose metrics for Prometheus."
  type        = bool
  default     = false
}

variable "node_selector" {
  description = "Node selector of the pods."
  type        = map(string)
  default     = {}
}

variable "region" {
  description = "AWS region."
  type        = string
}

variable "service_account" {
  description = "Service account of the autoscaler, in kube-system."
  type        = string
  default     = "cluster-autoscaler"
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
