# Namespaces for flows: each with a quota, isolated from the others, and with a service account that can access only the
# data of the stack. In addition, the namespace of the stack's own services.

locals {
  service_account = "flows"
  labels          = merge(var.labels, { "app.kubernetes.io/part-of" = "mfinfra" })
  bounded         = { for name, bounds in var.namespaces : name => local.bounds[name] if length(local.bounds[name]) > 0 }
  bounds = {
    for name, namespace in var.namespaces : name => {
      for resource, most in {
        "requests.cpu"            = namespace.max_cpus == null ? null : tostring(namespace.max_cpus)
        "requests.memory"         = namespace.max_memory_gb == null ? null : "${namespace.max_memory_gb}Gi"
        "requests.nvidia.com/gpu" = namespace.max_gpus == null ? null : tostring(namespace.max_gpus)
        "pods"                    = namespace.max_pods == null ? null : tostring(namespace.max_pods)
      } : resource => most if most != null
    }
  }
}

resource "kubernetes_namespace_v1" "flows" {
  for_each = var.namespaces

  metadata {
    name = each.key
    # Images of flows can run as any user, including root, but without privileges on the node.
    labels = merge(local.labels, {
      "mfinfra.dev/kind"                   = "flows"
      "pod-security.kubernetes.io/enforce" = "baseline"
    })
  }
}

resource "kubernetes_service_account_v1" "flows" {
  for_each = var.namespaces

  metadata {
    name        = local.service_account
    namespace   = kubernetes_namespace_v1.flows[each.key].metadata[0].name
    labels      = local.labels
    annotations = var.service_account_annotations
  }

  # Workflow pods report results to the controller with the token of this account; roles grant its other permissions.
  automount_service_account_token = true
}

# Pods without a service account get this one. It must not be used, so it has no token.
resource "kubernetes_default_service_account_v1" "flows" {
  for_each = var.namespaces

  metadata {
    namespace = kubernetes_namespace_v1.flows[each.key].metadata[0].name
  }

  automount_service_account_token = false
}

resource "kubernetes_resource_quota_v1" "flows" {
  for_each = local.bounded

  metadata {
    name      = "flows"
    namespace = kubernetes_namespace_v1.flows[each.key].metadata[0].name
    labels    = local.labels
  }

  spec {
    hard = each.value
  }
}

# A quota rejects containers without requests, such as sidecars of a task: they get these default requests. There is no default
# limit, because it would reject tasks that request more.
resource "kubernetes_limit_range_v1" "flows" {
  for_each = var.namespaces

  metadata {
    name      = "flows"
    namespace = kubernetes_namespace_v1.flows[each.key].metadata[0].name
    labels    = local.labels
  }

  spec {
    limit {
      type            = "Container"
      default_request = { cpu = "50m", memory = "64Mi" }
    }
  }
}

# Pods of the same namespace can connect to each other (parallel steps, event bus); other namespaces for flows can only send events.
resource "kubernetes_network_policy_v1" "flows" {
  for_each = var.namespaces

  metadata {
    name      = "flows"
    namespace = kubernetes_namespace_v1.flows[each.key].metadata[0].name
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

    ingress {
      from {
        namespace_selector {
          match_labels = { "mfinfra.dev/kind" = "flows" }
        }
      }

      ports {
        port     = "12000"
        protocol = "TCP"
      }
    }
  }
}

resource "kubernetes_namespace_v1" "system" {
  metadata {
    name = "mfinfra"
    labels = merge(local.labels, {
      "pod-security.kubernetes.io/enforce" = "baseline"
      "pod-security.kubernetes.io/warn"    = "restricted"
    })
  }
}

# Denies all connections; each service allows its own.
resource "kubernetes_network_policy_v1" "system" {
  metadata {
    name      = "closed"
    namespace = kubernetes_namespace_v1.system.metadata[0].name
    labels    = local.labels
  }

  spec {
    policy_types = ["Ingress"]

    pod_selector {}
  }
}

resource "kubernetes_default_service_account_v1" "system" {
  metadata {
    namespace = kubernetes_namespace_v1.system.metadata[0].name
  }

  automount_service_account_token = false
}
