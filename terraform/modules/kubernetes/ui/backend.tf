resource "kubernetes_deployment_v1" "backend" {
  #checkov:skip=CKV_K8S_8:the readiness probe checks the backend, the liveness probe only its port: a slow database must not restart it
  #checkov:skip=CKV_K8S_35:the backend reads its account only from the environment
  #checkov:skip=CKV_K8S_14:the caller of the module sets the version
  #checkov:skip=CKV_K8S_15:a version is one image: pulling it again would change nothing
  #checkov:skip=CKV_K8S_43:versions are pinned in one place, by digest if required
  metadata {
    name      = local.backend
    namespace = var.namespace
    labels    = local.labels[local.backend]
  }

  spec {
    # The backend caches runs on its disk: a second replica would read everything again.
    replicas = 1

    selector {
      match_labels = local.match[local.backend]
    }

    strategy {
      type = "Recreate"
    }

    template {
      metadata {
        labels      = merge(local.labels[local.backend], var.pod_labels)
        annotations = { "mfinfra.dev/account" = tostring(var.database_account_version) }
      }

      spec {
        service_account_name            = kubernetes_service_account_v1.this[local.backend].metadata[0].name
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
          name              = "backend"
          image             = var.backend_image
          image_pull_policy = "IfNotPresent"
          command           = ["/opt/latest/bin/python3", "-m", "services.ui_backend_service.ui_server"]
          working_dir       = "/data"

          security_context {
            allow_privilege_escalation = false
            read_only_root_filesystem  = true

            capabilities {
              drop = ["ALL"]
            }
          }

          resources {
            requests = { cpu = "250m", memory = "${var.memory}Mi" }
            limits   = { cpu = "2", memory = "${var.memory}Mi" }
          }

          port {
            name           = "http"
            container_port = 8083
          }

          dynamic "env" {
            for_each = local.environment

            content {
              name  = env.key
              value = env.value
            }
          }

          dynamic "env" {
            for_each = { MF_METADATA_DB_USER = "username", MF_METADATA_DB_PSWD = "password" }

            content {
              name = env.key

              value_from {
                secret_key_ref {
                  name = kubernetes_secret_v1.this.metadata[0].name
                  key  = env.value
                }
              }
            }
          }

          startup_probe {
            period_seconds    = 3
            failure_threshold = 60

            http_get {
              path = "/api/ping"
              port = "http"
            }
          }

          readiness_probe {
            period_seconds    = 10
            timeout_seconds   = 5
            failure_threshold = 3

            http_get {
              path = "/api/ping"
              port = "http"
            }
          }

          liveness_probe {
            period_seconds    = 30
            failure_threshold = 3

            tcp_socket {
              port = "http"
            }
          }

          volume_mount {
            name       = "data"
            mount_path = "/data"
          }

          volume_mount {
            name       = "tmp"
            mount_path = "/tmp"
          }
        }

        volume {
          name = "data"

          empty_dir {
            size_limit = "${var.cache_gb}Gi"
          }
        }

        volume {
          name = "tmp"

          empty_dir {
            size_limit = "1Gi"
          }
        }
      }
    }
  }
}
