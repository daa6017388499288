# Needs no cluster: planning sends it no requests.

provider "kubernetes" {
  host  = "https://127.0.0.1"
  token = "none"
}

variables {
  default_namespace = "flows"
  namespaces = {
    flows    = {}
    research = { max_cpus = 64, max_memory_gb = 256, max_gpus = 4, max_pods = 100 }
  }
  node_selector = { "mfinfra.dev/pool" = "cpu" }
  tolerations   = [{ key = "mfinfra.dev/spot", value = "true", effect = "NoSchedule" }]
  pod_labels    = { "azure.workload.identity/use" = "true" }
}

run "bounds_and_settings" {
  command = plan

  assert {
    condition     = length(kubernetes_resource_quota_v1.flows) == 1 && contains(keys(kubernetes_resource_quota_v1.flows), "research")
    error_message = "A namespace without limits has a quota, or one with limits has none."
  }

  assert {
    condition     = kubernetes_resource_quota_v1.flows["research"].spec[0].hard["requests.nvidia.com/gpu"] == "4"
    error_message = "GPUs have no quota."
  }

  assert {
    condition     = alltrue([for policy in kubernetes_network_policy_v1.flows : policy.spec[0].policy_types == tolist(["Ingress"])])
    error_message = "A namespace accepts connections from others."
  }

  assert {
    condition     = !kubernetes_default_service_account_v1.flows["flows"].automount_service_account_token
    error_message = "Pods that name no account get a token."
  }

  assert {
    condition     = output.runtime_config.METAFLOW_KUBERNETES_NODE_SELECTOR == "mfinfra.dev/pool=cpu" && output.runtime_config.METAFLOW_KUBERNETES_LABELS == "azure.workload.identity/use=true"
    error_message = "The settings do not have the format that the runtime reads."
  }

  assert {
    condition     = jsondecode(output.runtime_config.METAFLOW_KUBERNETES_TOLERATIONS) == [{ effect = "NoSchedule", key = "mfinfra.dev/spot", operator = "Equal", value = "true" }]
    error_message = "The tolerations do not have the format that the runtime reads."
  }

  assert {
    condition     = output.namespace_configs["research"].METAFLOW_KUBERNETES_NAMESPACE == "research"
    error_message = "A namespace has no settings of its own."
  }
}

run "namespaces_of_others_are_refused" {
  command = plan

  variables {
    namespaces        = { argo = {} }
    default_namespace = "argo"
  }

  expect_failures = [var.namespaces]
}

run "the_default_must_be_there" {
  command = plan

  variables {
    default_namespace = "elsewhere"
  }

  expect_failures = [var.default_namespace]
}
