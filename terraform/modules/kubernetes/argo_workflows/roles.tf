# In each namespace of flows: what a workflow's own pods may do, and what people may who have a token.

resource "kubernetes_role_v1" "workflow" {
  for_each = toset(var.namespaces)

  metadata {
    name      = "workflow"
    namespace = each.key
    labels    = local.labels
  }

  # How a pod tells the controller what came out.
  rule {
    api_groups = ["argoproj.io"]
    resources  = ["workflowtaskresults"]
    verbs      = ["create", "patch"]
  }

  # Parallel steps are JobSets, which a pod of the workflow makes and watches.
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

# `kubectl -n argo create token argo-user` gives a token of an hour for the pages.
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
