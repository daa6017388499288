# The device plugin tells Kubernetes of the GPUs of a node. Where the cloud installs one of its own, this module is left out.

resource "helm_release" "this" {
  name       = "nvidia-device-plugin"
  namespace  = "kube-system"
  repository = "https://nvidia.github.io/k8s-device-plugin"
  chart      = "nvidia-device-plugin"
  version    = var.chart_version
  atomic     = true
  timeout    = 600

  values = [yamlencode({
    # The chart looks for labels of another controller; ours are on the nodes from the start. null takes its own away.
    affinity     = null
    nodeSelector = var.node_selector
    tolerations  = [for toleration in var.tolerations : { for key, value in toleration : key => value if value != null }]
    resources = {
      requests = { cpu = "25m", memory = "64Mi" }
      limits   = { cpu = "200m", memory = "256Mi" }
    }
  })]
}
