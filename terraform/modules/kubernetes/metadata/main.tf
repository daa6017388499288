# The metadata service in the cluster: migrations first, then the service. Clients outside of the cluster use a tunnel.

locals {
  name   = "metadata"
  labels = merge(var.labels, { "app.kubernetes.io/name" = local.name, "app.kubernetes.io/part-of" = "mfinfra" })
  match  = { "app.kubernetes.io/name" = local.name }
  url    = "http://${local.name}.${var.namespace}.svc.cluster.local:8080/"
  environment = {
    MF_METADATA_DB_HOST     = var.database.host
    MF_METADATA_DB_PORT     = tostring(var.database.port)
    MF_METADATA_DB_NAME     = var.database.name
    MF_METADATA_DB_SSL_MODE = "require"
    PYTHONDONTWRITEBYTECODE = "1"
  }
  secrets = { MF_METADATA_DB_USER = "username", MF_METADATA_DB_PSWD = "password" }
}

resource "kubernetes_secret_v1" "this" {
  metadata {
    name      = "${local.name}-database"
    namespace = var.namespace
    labels    = local.labels
  }

  data_wo          = var.database_account
  data_wo_revision = var.database_account_version
}

resource "kubernetes_service_account_v1" "this" {
  metadata {
    name      = local.name
    namespace = var.namespace
    labels    = local.labels
  }

  automount_service_account_token = false
}

resource "kubernetes_deployment_v1" "this" {
  #checkov:skip=CKV_K8S_8:the readiness probe checks the service, the liveness probe only its port: a slow database must not restart it
  #checkov:skip=CKV_K8S_35:the service reads its account only from the environment
  #checkov:skip=CKV_K8S_14:the caller of the module sets the version
  #checkov:skip=CKV_K8S_15:a version is one image: pulling it again would change nothing
  #checkov:skip=CKV_K8S_43:the stack file can set the image, by digest if required
  wait_for_rollout = true

  metadata {
    name      = local.name
    namespace = var.namespace
    labels    = local.labels
  }

  spec {
    selector {
      match_labels = local.match
    }

    strategy {
      type = "RollingUpdate"

      rolling_update {
        max_surge       = "1"
        max_unavailable = "0"
      }
    }

    template {
      metadata {
        labels = local.labels
        # A new password is read only by new pods.
        annotations = { "mfinfra.dev/account" = tostring(var.database_account_version) }
      }

      spec {
        service_account_name            = kubernetes_service_account_v1.this.metadata[0].name
        automount_service_account_token = false
        enable_service_links            = false
        node_selector                   = var.node_selector

        security_context {
          fs_group = 1000

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

        topology_spread_constraint {
          max_skew           = 1
          topology_key       = "kubernetes.io/hostname"
          when_unsatisfiable = "ScheduleAnyway"

          label_selector {
            match_labels = local.match
          }
        }

        # The migrations of the image are in /root, which only root can read: this container runs as root without capabilities.
        init_container {
          name              = "migrations"
          image             = var.image
          image_pull_policy = "IfNotPresent"
          command           = ["/opt/latest/bin/python3", "/root/run_goose.py", "--wait", "60"]

          security_context {
            allow_privilege_escalation = false
            read_only_root_filesystem  = true
            run_as_user                = 0

            capabilities {
              drop = ["ALL"]
            }
          }

          resources {
            requests = { cpu = "100m", memory = "128Mi" }
            limits   = { cpu = "1", memory = "512Mi" }
          }

          dynamic "env" {
            for_each = local.environment

            content {
              name  = env.key
              value = env.value
            }
          }

          dynamic "env" {
            for_each = local.secrets

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

          volume_mount {
            name       = "tmp"
            mount_path = "/tmp"
          }
        }

        container {
          name              = "service"
          image             = var.image
          image_pull_policy = "IfNotPresent"
          command           = ["/opt/latest/bin/python3", "-m", "services.metadata_service.server"]
          working_dir       = "/tmp"

          security_context {
            allow_privilege_escalation = false
            read_only_root_filesystem  = true
            run_as_non_root            = true
            run_as_user                = 10001
            run_as_group               = 10001

            capabilities {
              drop = ["ALL"]
            }
          }

          resources {
            requests = { cpu = "${ceil(var.cpu * 1000 / 1024)}m", memory = "${var.memory}Mi" }
            limits   = { cpu = "${ceil(var.cpu * 2000 / 1024)}m", memory = "${var.memory}Mi" }
          }

          port {
            name           = "http"
            container_port = 8080
          }

          dynamic "env" {
            for_each = merge(local.environment, { MF_METADATA_HOST = "0.0.0.0", MF_METADATA_PORT = "8080", HOME = "/tmp" })

            content {
              name  = env.key
              value = env.value
            }
          }

          dynamic "env" {
            for_each = local.secrets

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
            period_seconds    = 2
            failure_threshold = 60

            http_get {
              path = "/ping"
              port = "http"
            }
          }

          readiness_probe {
            period_seconds    = 5
            timeout_seconds   = 3
            failure_threshold = 3

            http_get {
              path = "/ping"
              port = "http"
            }
          }

          liveness_probe {
            period_seconds    = 20
            failure_threshold = 3

            tcp_socket {
              port = "http"
            }
          }

          volume_mount {
            name       = "tmp"
            mount_path = "/tmp"
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

  # The autoscaler sets the number of replicas.
  lifecycle {
    ignore_changes = [spec[0].replicas]
  }

  depends_on = [kubernetes_secret_v1.this]
}

resource "kubernetes_horizontal_pod_autoscaler_v2" "this" {
  metadata {
    name      = local.name
    namespace = var.namespace
    labels    = local.labels
  }

  spec {
    min_replicas = var.replicas
    max_replicas = max(var.replicas, var.max_replicas)

    scale_target_ref {
      api_version = "apps/v1"
      kind        = "Deployment"
      name        = kubernetes_deployment_v1.this.metadata[0].name
    }

    metric {
      type = "Resource"

      resource {
        name = "cpu"

        target {
          type                = "Utilization"
          average_utilization = 70
        }
      }
    }
  }
}

resource "kubernetes_pod_disruption_budget_v1" "this" {
  metadata {
    name      = local.name
    namespace = var.namespace
    labels    = local.labels
  }

  spec {
    # A single pod can be evicted, otherwise its node could never be drained.
    max_unavailable = "1"

    selector {
      match_labels = local.match
    }
  }
}

resource "kubernetes_service_v1" "this" {
  metadata {
    name      = local.name
    namespace = var.namespace
    labels    = local.labels
  }

  spec {
    selector = local.match

    port {
      name        = "http"
      port        = 8080
      target_port = "http"
    }
  }
}

resource "kubernetes_network_policy_v1" "this" {
  metadata {
    name      = local.name
    namespace = var.namespace
    labels    = local.labels
  }

  spec {
    policy_types = ["Ingress"]

    pod_selector {
      match_labels = local.match
    }

    ingress {
      dynamic "from" {
        for_each = concat([var.namespace], var.allow_namespaces)

        content {
          namespace_selector {
            match_labels = { "kubernetes.io/metadata.name" = from.value }
          }
        }
      }

      ports {
        port     = "8080"
        protocol = "TCP"
      }
    }
  }
}
