# The entry point of the image writes to its file system as root; this command reads a mounted configuration as the user nobody.
resource "kubernetes_deployment_v1" "pages" {
  #checkov:skip=CKV_K8S_14:the caller of the module sets the version
  #checkov:skip=CKV_K8S_15:a version is one image: pulling it again would change nothing
  #checkov:skip=CKV_K8S_43:versions are pinned in one place, by digest if required
  metadata {
    name      = local.pages
    namespace = var.namespace
    labels    = local.labels[local.pages]
  }

  spec {
    replicas = 1

    selector {
      match_labels = local.match[local.pages]
    }

    template {
      metadata {
        labels      = local.labels[local.pages]
        annotations = { "mfinfra.dev/configuration" = sha256(local.configuration) }
      }

      spec {
        service_account_name            = kubernetes_service_account_v1.this[local.pages].metadata[0].name
        automount_service_account_token = false
        enable_service_links            = false
        node_selector                   = var.node_selector

        security_context {
          run_as_non_root = true
          run_as_user     = 10001
          run_as_group    = 10001
          fs_group        = 10001

          seccomp_profile {
            type = "RuntimeDefault"
          }
        }

        dynamic "toleration" {
          for_each = var.tolerations

          content {
            key      = toleration.value.key
            operator = toleration.value.operator
            value    = toleration.value.value
            effect   = toleration.value.effect
          }
        }

        container {
          name              = "pages"
          image             = var.static_image
          image_pull_policy = "IfNotPresent"
          command           = ["nginx", "-c", "/etc/mfinfra/nginx.conf", "-g", "daemon off;"]

          security_context {
            allow_privilege_escalation = false
            read_only_root_filesystem  = true

            capabilities {
              drop = ["ALL"]
            }
          }

          resources {
            requests = { cpu = "25m", memory = "32Mi" }
            limits   = { cpu = "500m", memory = "128Mi" }
          }

          port {
            name           = "http"
            container_port = 3000
          }

          readiness_probe {
            period_seconds = 5

            http_get {
              path = "/healthz"
              port = "http"
            }
          }

          liveness_probe {
            period_seconds    = 20
            failure_threshold = 3

            http_get {
              path = "/healthz"
              port = "http"
            }
          }

          volume_mount {
            name       = "configuration"
            mount_path = "/etc/mfinfra"
            read_only  = true
          }

          volume_mount {
            name       = "tmp"
            mount_path = "/tmp"
          }
        }

        volume {
          name = "configuration"

          config_map {
            name = kubernetes_config_map_v1.this.metadata[0].name
          }
        }

        volume {
          name = "tmp"

          empty_dir {
            size_limit = "256Mi"
          }
        }
      }
    }
  }

  # nginx resolves the name of the backend at startup, and exits if the name does not exist.
  depends_on = [kubernetes_service_v1.this]
}
