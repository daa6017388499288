# Databases on an existing server, each owned by an account of its own. A job in the cluster creates them, because the server is
# reachable only from the network. Existing databases do not change; the password of an existing account is set again.

locals {
  labels = merge(var.labels, { "app.kubernetes.io/name" = "databases", "app.kubernetes.io/part-of" = "mfinfra" })
  script = file("${path.module}/databases.sh")
  # Jobs cannot be changed: other arguments need another job.
  wish = substr(sha256(jsonencode([var.names, var.database, var.accounts_version, local.script])), 0, 10)
}

resource "kubernetes_secret_v1" "admin" {
  metadata {
    name      = "databases-admin"
    namespace = var.namespace
    labels    = local.labels
  }

  data_wo          = var.admin_account
  data_wo_revision = var.accounts_version
}

resource "kubernetes_secret_v1" "accounts" {
  metadata {
    name      = "databases-accounts"
    namespace = var.namespace
    labels    = local.labels
  }

  data_wo          = { for name in var.names : name => var.accounts[name] }
  data_wo_revision = var.accounts_version
}

resource "kubernetes_config_map_v1" "this" {
  metadata {
    name      = "databases"
    namespace = var.namespace
    labels    = local.labels
  }

  data = { "databases.sh" = local.script }
}

resource "kubernetes_service_account_v1" "this" {
  metadata {
    name      = "databases"
    namespace = var.namespace
    labels    = local.labels
  }

  automount_service_account_token = false
}

resource "kubernetes_job_v1" "this" {
  #checkov:skip=CKV_K8S_8:a job needs no probe
  #checkov:skip=CKV_K8S_9:a job needs no probe
  #checkov:skip=CKV_K8S_35:psql reads its account from the environment, and the passwords that it sets from files
  #checkov:skip=CKV_K8S_14:the caller of the module sets the version
  #checkov:skip=CKV_K8S_15:a version is one image: pulling it again would change nothing
  #checkov:skip=CKV_K8S_43:versions are pinned in one place, by digest if required
  wait_for_completion = true

  metadata {
    name      = "databases-${local.wish}"
    namespace = var.namespace
    labels    = local.labels
  }

  spec {
    backoff_limit = 6

    template {
      metadata {
        labels = local.labels
      }

      spec {
        service_account_name            = kubernetes_service_account_v1.this.metadata[0].name
        automount_service_account_token = false
        enable_service_links            = false
        restart_policy                  = "OnFailure"
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
          name              = "psql"
          image             = var.image
          image_pull_policy = "IfNotPresent"
          command           = ["sh", "/scripts/databases.sh"]
          args              = sort(var.names)

          security_context {
            allow_privilege_escalation = false
            read_only_root_filesystem  = true

            capabilities {
              drop = ["ALL"]
            }
          }

          resources {
            requests = { cpu = "50m", memory = "64Mi" }
            limits   = { cpu = "500m", memory = "256Mi" }
          }

          dynamic "env" {
            for_each = {
              PGHOST            = var.database.host
              PGPORT            = tostring(var.database.port)
              PGDATABASE        = var.database.name
              PGSSLMODE         = "require"
              PGCONNECT_TIMEOUT = "10"
              HOME              = "/tmp"
            }

            content {
              name  = env.key
              value = env.value
            }
          }

          dynamic "env" {
            for_each = { PGUSER = "username", PGPASSWORD = "password" }

            content {
              name = env.key

              value_from {
                secret_key_ref {
                  name = kubernetes_secret_v1.admin.metadata[0].name
                  key  = env.value
                }
              }
            }
          }

          volume_mount {
            name       = "scripts"
            mount_path = "/scripts"
            read_only  = true
          }

          volume_mount {
            name       = "accounts"
            mount_path = "/accounts"
            read_only  = true
          }

          volume_mount {
            name       = "tmp"
            mount_path = "/tmp"
          }
        }

        volume {
          name = "scripts"

          config_map {
            name = kubernetes_config_map_v1.this.metadata[0].name
          }
        }

        volume {
          name = "accounts"

          secret {
            secret_name  = kubernetes_secret_v1.accounts.metadata[0].name
            default_mode = "0440"
          }
        }

        volume {
          name = "tmp"

          empty_dir {
            size_limit = "64Mi"
          }
        }
      }
    }
  }

  timeouts {
    create = "10m"
  }
}
