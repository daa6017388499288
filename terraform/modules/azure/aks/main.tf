# The cluster. People and programs come with their identity and roles of Azure; there is no account and no secret of the
# cluster's own. Pods have addresses beside the network (overlay), and Cilium enforces who may speak with whom.

locals {
  is_private = var.endpoint == "private"
  zones      = var.zones > 1 ? [for index in range(var.zones) : tostring(index + 1)] : []
  # The machines themselves come to a public API by their NAT gateway.
  allowed = length(var.allow_cidrs) > 0 && !local.is_private ? concat(var.allow_cidrs, [for ip in var.nat_ips : "${ip}/32"]) : []
}

resource "azurerm_kubernetes_cluster" "this" {
  #checkov:skip=CKV_AZURE_116:the policies are those of the namespaces; Azure's add-on costs a machine's worth of memory
  #checkov:skip=CKV_AZURE_170:high_availability of the stack file decides
  #checkov:skip=CKV_AZURE_172:no secret comes into pods by the CSI driver: tasks read the vault with their identity
  #checkov:skip=CKV_AZURE_226:small machines have no room for disks of their own
  #checkov:skip=CKV_AZURE_227:host_encryption decides; a subscription must have the feature first
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

  # The system's own pool: charts and services run here, and it is never empty.
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

  # Nodes come and go with the pools below; Azure itself makes none.
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

  # Azure counts machines and sets dates; encryption of hosts stays as it was made, for a change replaces every machine.
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
