# The device plugin registers the GPUs of a node. This module is not used where the cloud installs its own.

resource "helm_release" "this" {
  name       = "nvidia-device-plugin"
  namespace  = "kube-system"
  repository = "https://nvidia.github.io/k8s-device-plugin"
  chart      = "nvidia-device-plugin"
  version    = var.chart_version
  atomic     = true
  timeout    = 600

  values = [yamlencode({
    # The chart selects labels of another controller; the stack's nodes have other labels from the start. null removes the rule.
    affinity     = null
    nodeSelector = var.node_selector
    tolerations  = [for toleration in var.tolerations : { for key, value in toleration : key => value if value != null }]
    resources = {
      requests = { cpu = "25m", memory = "64Mi" }
      limits   = { cpu = "200m", memory = "256Mi" }
    }
  })]
}
