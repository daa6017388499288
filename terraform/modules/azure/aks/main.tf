# The cluster. Users and programs authenticate with Entra ID and are authorized by Azure roles; there are no local accounts
# and no secrets of the cluster. Pods have addresses outside of the network's range (overlay); Cilium enforces network policies.

locals {
  is_private = var.endpoint == "private"
  zones      = var.zones > 1 ? [for index in range(var.zones) : tostring(index + 1)] : []
  # Nodes connect to a public API server through their NAT gateway.
  allowed = length(var.allow_cidrs) > 0 && !local.is_private ? concat(var.allow_cidrs, [for ip in var.nat_ips : "${ip}/32"]) : []
}

resource "azurerm_kubernetes_cluster" "this" {
  #checkov:skip=CKV_AZURE_116:policies are set per namespace; Azure's add-on needs as much memory as a node has
  #checkov:skip=CKV_AZURE_170:set by high_availability in the stack file
  #checkov:skip=CKV_AZURE_172:pods do not use the CSI driver for secrets: tasks read the vault with their identity
  #checkov:skip=CKV_AZURE_226:small machine types have no local storage for ephemeral disks
  #checkov:skip=CKV_AZURE_227:set by host_encryption; the feature must be registered in the subscription
  name                = var.name
  resource_group_name = var.resource_group_name
  location            = var.location
  dns_prefix          = var.name
  kubernetes_version  = var.kubernetes_version
  sku_tier            = var.high_availability ? "Standard" : "Free"
  node_resource_group = "${var.resource_group_name}-machines"
  tags                = var.tags

  private_cluster_enabled           = local.is_private
  local_account_disabled            = true
  role_based_access_control_enabled = true
  run_command_enabled               = false
  oidc_issuer_enabled               = true
  workload_identity_enabled         = true
  disk_encryption_set_id            = var.disk_encryption_set_id

  automatic_upgrade_channel    = "patch"
  node_os_upgrade_channel      = "NodeImage"
  image_cleaner_enabled        = true
  image_cleaner_interval_hours = 168

  azure_active_directory_role_based_access_control {
    azure_rbac_enabled = true
    tenant_id          = var.tenant_id
  }

  dynamic "api_server_access_profile" {
    for_each = length(local.allowed) > 0 ? [1] : []

    content {
      authorized_ip_ranges = local.allowed
    }
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.cluster.id]
  }

  kubelet_identity {
    client_id                 = azurerm_user_assigned_identity.machines.client_id
    object_id                 = azurerm_user_assigned_identity.machines.principal_id
    user_assigned_identity_id = azurerm_user_assigned_identity.machines.id
  }

  network_profile {
    network_plugin      = "azure"
    network_plugin_mode = "overlay"
    network_data_plane  = "cilium"
    network_policy      = "cilium"
    load_balancer_sku   = "standard"
    outbound_type       = var.outbound_type
    pod_cidr            = var.pod_cidr
    service_cidr        = var.service_cidr
    dns_service_ip      = cidrhost(var.service_cidr, 10)
  }

  # The system pool for charts and services, which is never empty.
  default_node_pool {
    name                         = "system"
    vm_size                      = var.system_pool.machine_type
    auto_scaling_enabled         = true
    min_count                    = var.high_availability ? 2 : 1
    max_count                    = var.system_pool.max_nodes
    only_critical_addons_enabled = true
    temporary_name_for_rotation  = "systemnext"
    vnet_subnet_id               = var.subnet_id
    zones                        = local.zones
    max_pods                     = 110
    os_disk_size_gb              = var.system_pool.disk_gb
    os_sku                       = "Ubuntu"
    host_encryption_enabled      = var.host_encryption
    node_labels                  = { (local.pool_label) = "system" }
    tags                         = var.tags

    upgrade_settings {
      max_surge                     = "10%"
      drain_timeout_in_minutes      = 30
      node_soak_duration_in_minutes = 0
    }
  }

  auto_scaler_profile {
    expander                      = "least-waste"
    scale_down_unneeded           = "10m"
    skip_nodes_with_local_storage = false
    skip_nodes_with_system_pods   = true
  }

  # The pools below create nodes; node auto-provisioning of Azure is off.
  node_provisioning_profile {
    mode = "Manual"
  }

  oms_agent {
    log_analytics_workspace_id      = var.workspace_id
    msi_auth_for_monitoring_enabled = true
  }

  maintenance_window_auto_upgrade {
    frequency   = "Weekly"
    interval    = 1
    duration    = 6
    day_of_week = "Sunday"
    start_time  = "02:00"
    utc_offset  = "+00:00"
  }

  maintenance_window_node_os {
    frequency   = "Weekly"
    interval    = 1
    duration    = 6
    day_of_week = "Saturday"
    start_time  = "02:00"
    utc_offset  = "+00:00"
  }

  # Azure changes node counts and dates. Host encryption keeps its initial setting, because a change replaces every node.
  lifecycle {
    ignore_changes = [
      default_node_pool[0].node_count,
      default_node_pool[0].host_encryption_enabled,
      maintenance_window_auto_upgrade[0].start_date,
      maintenance_window_node_os[0].start_date,
    ]
  }

  depends_on = [time_sleep.roles, azurerm_role_assignment.deployer]
}
