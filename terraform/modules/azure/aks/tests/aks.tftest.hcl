# Needs no account: responses of Azure are mocked.

mock_provider "azurerm" {
  mock_resource "azurerm_user_assigned_identity" {
    defaults = { id = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.ManagedIdentity/userAssignedIdentities/demo" }
  }

  mock_resource "azurerm_kubernetes_cluster" {
    defaults = {
      id = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.ContainerService/managedClusters/demo"
      kube_config = [{
        host                   = "https://demo.hcp.westeurope.azmk8s.io:443"
        cluster_ca_certificate = "Y2VydGlmaWNhdGU="
        client_certificate     = ""
        client_key             = ""
        username               = ""
        password               = ""
      }]
    }
  }
}

mock_provider "time" {}

variables {
  name                = "demo"
  resource_group_id   = "/subscriptions/s/resourceGroups/demo"
  resource_group_name = "demo"
  location            = "westeurope"
  tenant_id           = "11111111-1111-1111-1111-111111111111"
  deployer_id         = "22222222-2222-2222-2222-222222222222"
  kubernetes_version  = "1.34"
  subnet_id           = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.Network/virtualNetworks/demo/subnets/cluster"
  pod_cidr            = "100.64.0.0/13"
  service_cidr        = "100.80.0.0/16"
  workspace_id        = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.OperationalInsights/workspaces/demo"
  default_pool        = "cpu"
  container_rule_id   = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.Insights/dataCollectionRules/demo"
  node_pools = {
    cpu     = { machine_types = ["Standard_D4as_v5"], spot = false, gpu = false, min_nodes = 0, max_nodes = 4, disk_gb = 64 }
    gpuspot = { machine_types = ["Standard_NC4as_T4_v3"], spot = true, gpu = true, min_nodes = 0, max_nodes = 2, disk_gb = 128 }
  }
}

run "nobody_comes_without_an_identity" {
  command = apply

  assert {
    condition     = azurerm_kubernetes_cluster.this.local_account_disabled && azurerm_kubernetes_cluster.this.azure_active_directory_role_based_access_control[0].azure_rbac_enabled && azurerm_kubernetes_cluster.this.workload_identity_enabled
    error_message = "The cluster has local accounts."
  }

  assert {
    condition     = output.host == "https://demo.hcp.westeurope.azmk8s.io:443" && output.ca_certificate == "certificate"
    error_message = "The cluster is not found."
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.network_profile[0].network_policy == "cilium" && azurerm_kubernetes_cluster.this.network_profile[0].dns_service_ip == "100.80.0.10"
    error_message = "Nothing enforces network policies."
  }
}

run "pools_go_down_to_none" {
  command = plan

  assert {
    condition     = alltrue([for pool in azurerm_kubernetes_cluster_node_pool.this : pool.min_count == 0]) && azurerm_kubernetes_cluster.this.default_node_pool[0].min_count == 1
    error_message = "Pools do not scale to zero, or the system pool is empty."
  }

  assert {
    condition     = azurerm_kubernetes_cluster_node_pool.this["gpuspot"].node_taints == tolist(["kubernetes.azure.com/scalesetpriority=spot:NoSchedule", "nvidia.com/gpu=present:NoSchedule"])
    error_message = "Pods without a toleration can run in a GPU or Spot pool."
  }

  assert {
    condition     = length(output.tolerations) == 2 && output.node_selector == { "mfinfra.dev/pool" = "cpu" }
    error_message = "Tasks do not select the default pool, or do not tolerate the taints of other pools."
  }
}

run "machines_reach_an_api_that_is_closed_for_others" {
  command = plan

  variables {
    allow_cidrs = ["203.0.113.0/24"]
    nat_ips     = ["198.51.100.7"]
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.api_server_access_profile[0].authorized_ip_ranges == toset(["203.0.113.0/24", "198.51.100.7/32"])
    error_message = "Other clients can reach the API server, or nodes cannot."
  }
}

run "private" {
  command = plan

  variables {
    endpoint    = "private"
    allow_cidrs = ["203.0.113.0/24"]
  }

  assert {
    condition     = azurerm_kubernetes_cluster.this.private_cluster_enabled && length(azurerm_kubernetes_cluster.this.api_server_access_profile) == 0
    error_message = "The API server is reachable from outside."
  }
}

run "two_types_of_machines_in_a_pool_are_refused" {
  command = plan

  variables {
    node_pools = {
      cpu = { machine_types = ["Standard_D4as_v5", "Standard_D4s_v5"], spot = false, gpu = false, min_nodes = 0, max_nodes = 4, disk_gb = 64 }
    }
  }

  expect_failures = [var.node_pools]
}

run "a_name_that_azure_refuses_is_refused" {
  command = plan

  variables {
    node_pools = {
      big-machines = { machine_types = ["Standard_D4as_v5"], spot = false, gpu = false, min_nodes = 0, max_nodes = 4, disk_gb = 64 }
    }
  }

  expect_failures = [var.node_pools]
}
