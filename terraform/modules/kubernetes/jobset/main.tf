# The controller of JobSets, which run parallel steps on Kubernetes.

resource "kubernetes_namespace_v1" "this" {
  metadata {
    name   = "jobset-system"
    labels = merge(var.labels, { "app.kubernetes.io/part-of" = "mfinfra", "pod-security.kubernetes.io/enforce" = "restricted" })
  }
}

resource "helm_release" "this" {
  name       = "jobset"
  namespace  = kubernetes_namespace_v1.this.metadata[0].name
  repository = "oci://registry.k8s.io/jobset/charts"
  chart      = "jobset"
  version    = var.chart_version
  atomic     = true
  timeout    = 600

  values = [yamlencode({
    controller = {
      replicas     = var.high_availability ? 2 : 1
      nodeSelector = var.node_selector
      tolerations  = local.tolerations
      resources = {
        requests = { cpu = "50m", memory = "128Mi" }
        limits   = { cpu = "1", memory = "1Gi" }
      }
      podSecurityContext = { runAsNonRoot = true, seccompProfile = { type = "RuntimeDefault" } }
      securityContext = {
        allowPrivilegeEscalation = false
        readOnlyRootFilesystem   = true
        capabilities             = { drop = ["ALL"] }
      }
    }
    prometheus = { enable = false }
  })]
}

locals {
  tolerations = [for toleration in var.tolerations : { for key, value in toleration : key => value if value != null }]
}
