output "namespace_configs" {
  description = "Runtime settings that differ in each namespace, by namespace."
  value       = { for name in keys(var.namespaces) : name => { METAFLOW_KUBERNETES_NAMESPACE = name } }
}

output "namespaces" {
  description = "Namespaces for flows, after they can be used."
  value       = [for name in sort(keys(var.namespaces)) : kubernetes_namespace_v1.flows[name].metadata[0].name]

  depends_on = [kubernetes_network_policy_v1.flows, kubernetes_service_account_v1.flows]
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value = merge(
    {
      METAFLOW_KUBERNETES_NAMESPACE       = var.default_namespace
      METAFLOW_KUBERNETES_SERVICE_ACCOUNT = local.service_account
    },
    length(var.pod_labels) == 0 ? {} : {
      METAFLOW_KUBERNETES_LABELS = join(",", [for key, value in var.pod_labels : "${key}=${value}"])
    },
    length(var.node_selector) == 0 ? {} : {
      METAFLOW_KUBERNETES_NODE_SELECTOR = join(",", [for key, value in var.node_selector : "${key}=${value}"])
    },
    length(var.tolerations) == 0 ? {} : {
      METAFLOW_KUBERNETES_TOLERATIONS = jsonencode([
        for toleration in var.tolerations : { for key, value in toleration : key => value if value != null }
      ])
    },
  )
}

output "service_account" {
  description = "Service account of flows in each namespace."
  value       = local.service_account
}

output "system_namespace" {
  description = "Namespace of the services of the stack."
  value       = kubernetes_namespace_v1.system.metadata[0].name

  depends_on = [kubernetes_network_policy_v1.system]
}
