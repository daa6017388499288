# Argo Workflows: the controller for all namespaces for flows, and the server with its UI, in the cluster only. Users
# connect through a tunnel with their own token; the server acts with the permissions of that token.

locals {
  release     = "argo-workflows"
  server      = "argo-workflows-server"
  people      = "argo-user"
  labels      = merge(var.labels, { "app.kubernetes.io/part-of" = "mfinfra" })
  tolerations = [for toleration in var.tolerations : { for key, value in toleration : key => value if value != null }]
  replicas    = var.high_availability ? 2 : 1
}

resource "kubernetes_namespace_v1" "this" {
  metadata {
    name = "argo"
    labels = merge(local.labels, {
      "pod-security.kubernetes.io/enforce" = "baseline"
      "pod-security.kubernetes.io/warn"    = "restricted"
    })
  }
}

resource "kubernetes_network_policy_v1" "this" {
  metadata {
    name      = "closed"
    namespace = kubernetes_namespace_v1.this.metadata[0].name
    labels    = local.labels
  }

  spec {
    policy_types = ["Ingress"]

    pod_selector {}
  }
}

resource "kubernetes_secret_v1" "database" {
  metadata {
    name      = "argo-database"
    namespace = kubernetes_namespace_v1.this.metadata[0].name
    labels    = local.labels
  }

  data_wo          = var.database_account
  data_wo_revision = var.database_account_version
}

resource "helm_release" "this" {
  name       = local.release
  namespace  = kubernetes_namespace_v1.this.metadata[0].name
  repository = "https://argoproj.github.io/argo-helm"
  chart      = "argo-workflows"
  version    = var.chart_version
  atomic     = true
  timeout    = 900

  # Earlier releases had a hook that created the custom resource definitions without the labels of Helm.
  take_ownership = true

  values = [yamlencode(local.values)]

  depends_on = [kubernetes_secret_v1.database, kubernetes_network_policy_v1.this]
}
