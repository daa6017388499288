# Events that start flows: one controller, and in each namespace for flows an event bus, a webhook that receives events, and
# the service account that starts workflows. Bus and webhook are custom resources, which Terraform cannot plan before the
# controller exists, so they are in a small chart.

locals {
  event           = "metaflow-event"
  event_source    = "argo-events-webhook"
  event_bus       = "default"
  service_account = "operate-workflow-sa"
  port            = 12000
  labels          = merge(var.labels, { "app.kubernetes.io/part-of" = "mfinfra" })
  tolerations     = [for toleration in var.tolerations : { for key, value in toleration : key => value if value != null }]
  urls            = { for name in var.namespaces : name => "http://${local.event_source}-eventsource-svc.${name}.svc.cluster.local:${local.port}/${local.event}" }
  settings = {
    for name in var.namespaces : name => {
      METAFLOW_ARGO_EVENTS_EVENT                = local.event
      METAFLOW_ARGO_EVENTS_EVENT_BUS            = local.event_bus
      METAFLOW_ARGO_EVENTS_EVENT_SOURCE         = local.event_source
      METAFLOW_ARGO_EVENTS_SERVICE_ACCOUNT      = local.service_account
      METAFLOW_ARGO_EVENTS_SENSOR_NAMESPACE     = name
      METAFLOW_ARGO_EVENTS_WEBHOOK_URL          = local.urls[name]
      METAFLOW_ARGO_EVENTS_INTERNAL_WEBHOOK_URL = local.urls[name]
    }
  }
}

resource "kubernetes_namespace_v1" "this" {
  metadata {
    name = "argo-events"
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

resource "helm_release" "controller" {
  name       = "argo-events"
  namespace  = kubernetes_namespace_v1.this.metadata[0].name
  repository = "https://argoproj.github.io/argo-helm"
  chart      = "argo-events"
  version    = var.chart_version
  atomic     = true
  timeout    = 600

  values = [yamlencode({
    crds = { install = true, keep = false }
    # The chart's own versions of NATS are older, and no longer supported.
    configs = {
      jetstream = {
        versions = [{
          version              = var.jetstream_version
          natsImage            = "nats:${var.jetstream_version}"
          metricsExporterImage = "natsio/prometheus-nats-exporter:${var.exporter_version}"
          configReloaderImage  = "natsio/nats-server-config-reloader:${var.reloader_version}"
          startCommand         = "/nats-server"
        }]
      }
    }
    global = {
      securityContext = {
        runAsNonRoot   = true
        seccompProfile = { type = "RuntimeDefault" }
      }
    }
    controller = {
      replicas     = var.high_availability ? 2 : 1
      nodeSelector = var.node_selector
      tolerations  = local.tolerations
      pdb          = { enabled = var.high_availability, maxUnavailable = 1 }
      metrics      = { enabled = var.metrics }
      resources    = { requests = { cpu = "50m", memory = "128Mi" }, limits = { cpu = "500m", memory = "512Mi" } }
      containerSecurityContext = {
        allowPrivilegeEscalation = false
        readOnlyRootFilesystem   = true
        capabilities             = { drop = ["ALL"] }
      }
    }
  })]

  depends_on = [kubernetes_network_policy_v1.this]
}

resource "helm_release" "events" {
  for_each = toset(var.namespaces)

  name      = "flow-events"
  namespace = each.key
  chart     = "${path.module}/chart"
  atomic    = true
  timeout   = 600

  values = [yamlencode({
    event          = local.event
    eventBus       = local.event_bus
    eventSource    = local.event_source
    serviceAccount = local.service_account
    port           = local.port
    replicas       = { bus = var.high_availability ? 3 : 1, source = var.high_availability ? 2 : 1 }
    jetstream      = { version = var.jetstream_version, storageClass = var.storage_class == null ? "" : var.storage_class }
    nodeSelector   = var.node_selector
    tolerations    = local.tolerations
    labels         = local.labels
  })]

  # The controller must exist until the last bus has been deleted, because it removes the finalizer of each.
  depends_on = [helm_release.controller]
}
