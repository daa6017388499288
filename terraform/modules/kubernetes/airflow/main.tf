# Airflow 3: its database is on the stack's server, its tasks are pods, its DAGs and logs are in the object store or in Git.
# Credentials are in Kubernetes secrets that Terraform writes but does not store; the values of the chart contain none.

locals {
  release           = "airflow"
  service_account   = "airflow"
  connection_id     = "mfinfra"
  git_connection_id = "mfinfra_git"
  # Increase it if the URL of the database changes: Terraform does not compare what it does not store.
  connection_format = 1
  labels            = merge(var.labels, { "app.kubernetes.io/part-of" = "mfinfra" })
  tolerations       = [for toleration in var.tolerations : { for key, value in toleration : key => value if value != null }]
}

resource "kubernetes_namespace_v1" "this" {
  metadata {
    name = "airflow"
    labels = merge(local.labels, {
      "pod-security.kubernetes.io/enforce" = "baseline"
      "pod-security.kubernetes.io/warn"    = "restricted"
    })
  }
}

# Components of Airflow can connect only to each other; users connect through a tunnel.
resource "kubernetes_network_policy_v1" "this" {
  metadata {
    name      = "closed"
    namespace = kubernetes_namespace_v1.this.metadata[0].name
    labels    = local.labels
  }

  spec {
    policy_types = ["Ingress"]

    pod_selector {}

    ingress {
      from {
        pod_selector {}
      }
    }
  }
}

# One service account for all components: each reads DAGs, logs or both.
resource "kubernetes_service_account_v1" "this" {
  metadata {
    name        = local.service_account
    namespace   = kubernetes_namespace_v1.this.metadata[0].name
    labels      = local.labels
    annotations = var.service_account_annotations
  }

  automount_service_account_token = true
}

resource "kubernetes_secret_v1" "database" {
  metadata {
    name      = "airflow-database"
    namespace = kubernetes_namespace_v1.this.metadata[0].name
    labels    = local.labels
  }

  data_wo = {
    connection = format(
      "postgresql://%s:%s@%s:%d/%s",
      urlencode(var.database_account.username), urlencode(var.database_account.password),
      var.database.host, var.database.port, var.database.name,
    )
  }
  data_wo_revision = local.connection_format * 100000 + var.database_account_version
}

resource "kubernetes_secret_v1" "keys" {
  metadata {
    name      = "airflow-keys"
    namespace = kubernetes_namespace_v1.this.metadata[0].name
    labels    = local.labels
  }

  data_wo = {
    # 32 bytes, in URL-safe Base64.
    fernet-key     = replace(replace(base64encode(substr(var.secrets.fernet_password, 0, 32)), "+", "-"), "/", "_")
    api-secret-key = var.secrets.api_secret_key
    jwt-secret     = var.secrets.jwt_secret
  }
  data_wo_revision = var.database_account_version
}

resource "kubernetes_secret_v1" "admin" {
  metadata {
    name      = "airflow-admin"
    namespace = kubernetes_namespace_v1.this.metadata[0].name
    labels    = local.labels
  }

  data_wo          = { password = var.secrets.admin_password }
  data_wo_revision = var.database_account_version
}

# A connection of Airflow, as JSON: with the token as password, Git asks for no other.
resource "kubernetes_secret_v1" "git" {
  count = var.use_git_account ? 1 : 0

  metadata {
    name      = "airflow-git"
    namespace = kubernetes_namespace_v1.this.metadata[0].name
    labels    = local.labels
  }

  data_wo = {
    connection = jsonencode({ conn_type = "git", login = var.git_account.username, password = var.git_account.password })
  }
  data_wo_revision = var.git_account_version
}

resource "helm_release" "this" {
  name       = local.release
  namespace  = kubernetes_namespace_v1.this.metadata[0].name
  repository = "https://airflow.apache.org"
  chart      = "airflow"
  version    = var.chart_version
  atomic     = true
  timeout    = 1200

  values = [yamlencode(local.values)]

  depends_on = [
    kubernetes_network_policy_v1.this, kubernetes_secret_v1.admin, kubernetes_secret_v1.database, kubernetes_secret_v1.git,
    kubernetes_secret_v1.keys,
    kubernetes_service_account_v1.this,
  ]
}

# Tasks of a DAG start, watch and delete pods in the namespaces for flows.
resource "kubernetes_role_v1" "tasks" {
  for_each = toset(var.namespaces)

  metadata {
    name      = "airflow"
    namespace = each.key
    labels    = local.labels
  }

  rule {
    api_groups = [""]
    resources  = ["pods"]
    verbs      = ["create", "get", "list", "watch", "patch", "delete"]
  }

  rule {
    api_groups = [""]
    resources  = ["pods/log", "events"]
    verbs      = ["get", "list"]
  }

  # An operator reads the result of a task by running a command in the sidecar of its pod (do_xcom_push).
  rule {
    api_groups = [""]
    resources  = ["pods/exec"]
    verbs      = ["create", "get"]
  }
}

resource "kubernetes_role_binding_v1" "tasks" {
  for_each = toset(var.namespaces)

  metadata {
    name      = "airflow"
    namespace = each.key
    labels    = local.labels
  }

  role_ref {
    api_group = "rbac.authorization.k8s.io"
    kind      = "Role"
    name      = kubernetes_role_v1.tasks[each.key].metadata[0].name
  }

  subject {
    kind      = "ServiceAccount"
    name      = kubernetes_service_account_v1.this.metadata[0].name
    namespace = kubernetes_namespace_v1.this.metadata[0].name
  }
}
