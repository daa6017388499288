# Adds nodes when pods are pending and removes idle nodes. Its role in AWS is associated with its service account.

resource "helm_release" "this" {
  name       = "cluster-autoscaler"
  namespace  = "kube-system"
  repository = "https://kubernetes.github.io/autoscaler"
  chart      = "cluster-autoscaler"
  version    = var.chart_version
  atomic     = true
  timeout    = 600

  values = [yamlencode({
    fullnameOverride = "cluster-autoscaler"
    cloudProvider    = "aws"
    awsRegion        = var.region
    autoDiscovery    = { clusterName = var.cluster_name }
    image            = { tag = var.image_tag }
    replicaCount     = var.high_availability ? 2 : 1
    nodeSelector     = var.node_selector
    tolerations      = [for toleration in var.tolerations : { for key, value in toleration : key => value if value != null }]
    extraArgs = {
      "balance-similar-node-groups"   = true
      "expander"                      = "least-waste"
      "scale-down-unneeded-time"      = "5m"
      "skip-nodes-with-local-storage" = false
    }
    rbac            = { serviceAccount = { name = var.service_account } }
    resources       = { requests = { cpu = "50m", memory = "256Mi" }, limits = { cpu = "500m", memory = "1Gi" } }
    securityContext = { runAsNonRoot = true, runAsUser = 65534, fsGroup = 65534, seccompProfile = { type = "RuntimeDefault" } }
    containerSecurityContext = {
      allowPrivilegeEscalation = false
      readOnlyRootFilesystem   = true
      capabilities             = { drop = ["ALL"] }
    }
    serviceMonitor = { enabled = var.metrics }
  })]
}
