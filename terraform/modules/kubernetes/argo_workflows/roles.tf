# In each namespace for flows: permissions of the pods of workflows, and of users with a token.

resource "kubernetes_role_v1" "workflow" {
  for_each = toset(var.namespaces)

  metadata {
    name      = "workflow"
    namespace = each.key
    labels    = local.labels
  }

  # Pods report their results to the controller.
  rule {
    api_groups = ["argoproj.io"]
    resources  = ["workflowtaskresults"]
    verbs      = ["create", "patch"]
  }

  # Parallel steps are JobSets, which a pod of the workflow creates and watches.
  rule {
    api_groups = ["jobset.x-k8s.io"]
    resources  = ["jobsets"]
    verbs      = ["create", "get", "list", "watch", "patch", "delete"]
  }
}

resource "kubernetes_role_binding_v1" "workflow" {
  for_each = toset(var.namespaces)

  metadata {
    name      = "workflow"
    namespace = each.key
    labels    = local.labels
  }

  role_ref {
    api_group = "rbac.authorization.k8s.io"
    kind      = "Role"
    name      = kubernetes_role_v1.workflow[each.key].metadata[0].name
  }

  subject {
    kind      = "ServiceAccount"
    name      = var.service_account
    namespace = each.key
  }
}

# `kubectl -n argo create token argo-user` prints a token for the Argo UI that is valid for one hour.
resource "kubernetes_service_account_v1" "people" {
  metadata {
    name      = local.people
    namespace = kubernetes_namespace_v1.this.metadata[0].name
    labels    = local.labels
  }

  automount_service_account_token = false
}

resource "kubernetes_role_v1" "people" {
  for_each = toset(var.namespaces)

  metadata {
    name      = local.people
    namespace = each.key
    labels    = local.labels
  }

  rule {
    api_groups = ["argoproj.io"]
    resources = [
      "workflows", "workflowtemplates", "cronworkflows", "workflowtaskresults", "workfloweventbindings",
      "eventsources", "sensors", "eventbus",
    ]
    verbs = ["get", "list", "watch", "create", "update", "patch", "delete"]
  }

  rule {
    api_groups = [""]
    resources  = ["pods", "pods/log", "events"]
    verbs      = ["get", "list", "watch"]
  }
}

resource "kubernetes_role_binding_v1" "people" {
  for_each = toset(var.namespaces)

  metadata {
    name      = local.people
    namespace = each.key
    labels    = local.labels
  }

  role_ref {
    api_group = "rbac.authorization.k8s.io"
    kind      = "Role"
    name      = kubernetes_role_v1.people[each.key].metadata[0].name
  }

  subject {
    kind      = "ServiceAccount"
    name      = kubernetes_service_account_v1.people.metadata[0].name
    namespace = kubernetes_namespace_v1.this.metadata[0].name
  }
}
