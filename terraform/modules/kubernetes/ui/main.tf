# The Metaflow UI in the cluster: web pages and backend. Users connect through a tunnel. On one port, nginx serves the pages and
# forwards /api to the backend.

locals {
  backend       = "ui-backend"
  pages         = "ui"
  labels        = { for name in [local.backend, local.pages] : name => merge(var.labels, local.match[name], { "app.kubernetes.io/part-of" = "mfinfra" }) }
  match         = { for name in [local.backend, local.pages] : name => { "app.kubernetes.io/name" = name } }
  configuration = templatefile("${path.module}/nginx.conf", { backend = "${local.backend}.${var.namespace}.svc.cluster.local:8083" })
  environment = merge(var.datastore_environment, {
    MF_METADATA_DB_HOST       = var.database.host
    MF_METADATA_DB_PORT       = tostring(var.database.port)
    MF_METADATA_DB_NAME       = var.database.name
    MF_METADATA_DB_SSL_MODE   = "require"
    PATH_PREFIX               = "/api/"
    METAFLOW_SERVICE_URL      = "http://localhost:8083/api/metadata"
    METAFLOW_DEFAULT_METADATA = "service"
    HOME                      = "/data"
    PYTHONDONTWRITEBYTECODE   = "1"
  })
}

resource "kubernetes_secret_v1" "this" {
  metadata {
    name      = "${local.pages}-database"
    namespace = var.namespace
    labels    = local.labels[local.pages]
  }

  data_wo          = var.database_account
  data_wo_revision = var.database_account_version
}

# The backend has an identity of the cloud with read access to runs; the web pages have none.
resource "kubernetes_service_account_v1" "this" {
  for_each = local.match

  metadata {
    name        = each.key
    namespace   = var.namespace
    labels      = local.labels[each.key]
    annotations = each.key == local.backend ? var.service_account_annotations : {}
  }

  automount_service_account_token = false
}

resource "kubernetes_config_map_v1" "this" {
  metadata {
    name      = local.pages
    namespace = var.namespace
    labels    = local.labels[local.pages]
  }

  data = { "nginx.conf" = local.configuration }
}

resource "kubernetes_service_v1" "this" {
  for_each = { (local.backend) = 8083, (local.pages) = 3000 }

  metadata {
    name      = each.key
    namespace = var.namespace
    labels    = local.labels[each.key]
  }

  spec {
    selector = local.match[each.key]

    port {
      name        = "http"
      port        = each.value
      target_port = "http"
    }
  }
}

resource "kubernetes_pod_disruption_budget_v1" "this" {
  for_each = local.match

  metadata {
    name      = each.key
    namespace = var.namespace
    labels    = local.labels[each.key]
  }

  spec {
    max_unavailable = "1"

    selector {
      match_labels = each.value
    }
  }
}

# Tunnels to the web pages need no rule. Only the web pages can connect to the backend.
resource "kubernetes_network_policy_v1" "backend" {
  metadata {
    name      = local.backend
    namespace = var.namespace
    labels    = local.labels[local.backend]
  }

  spec {
    policy_types = ["Ingress"]

    pod_selector {
      match_labels = local.match[local.backend]
    }

    ingress {
      from {
        pod_selector {
          match_labels = local.match[local.pages]
        }
      }

      ports {
        port     = "8083"
        protocol = "TCP"
      }
    }
  }
}
