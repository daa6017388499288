# Node pools for tasks, one for each name, which can scale to zero.

locals {
  pool_label = "mfinfra.dev/pool"
  gpu_label  = "mfinfra.dev/gpu"
  spot       = { key = "kubernetes.azure.com/scalesetpriority", value = "spot" } # added by Azure itself
  gpu        = { key = "nvidia.com/gpu", value = "present" }
  taints     = { for name, pool in var.node_pools : name => concat(pool.spot ? [local.spot] : [], pool.gpu ? [local.gpu] : []) }
}

resource "azurerm_kubernetes_cluster_node_pool" "this" {
  #checkov:skip=CKV_AZURE_227:set by host_encryption; the feature must be registered in the subscription
  for_each = var.node_pools

  name                        = each.key
  kubernetes_cluster_id       = azurerm_kubernetes_cluster.this.id
  mode                        = "User"
  vm_size                     = each.value.machine_types[0]
  auto_scaling_enabled        = true
  min_count                   = each.value.min_nodes
  max_count                   = each.value.max_nodes
  node_count                  = each.value.min_nodes
  max_pods                    = 110
  temporary_name_for_rotation = "t${substr(sha256(each.key), 0, 8)}"
  vnet_subnet_id              = var.subnet_id
  zones                       = local.zones
  os_disk_size_gb             = each.value.disk_gb
  os_sku                      = "Ubuntu"
  host_encryption_enabled     = var.host_encryption
  priority                    = each.value.spot ? "Spot" : "Regular"
  eviction_policy             = each.value.spot ? "Delete" : null
  spot_max_price              = each.value.spot ? -1 : null
  gpu_driver                  = each.value.gpu ? "Install" : null
  node_labels = merge(
    { (local.pool_label) = each.key },
    each.value.gpu ? { (local.gpu_label) = "true" } : {},
    each.value.spot ? { (local.spot.key) = local.spot.value } : {},
  )
  node_taints = [for taint in local.taints[each.key] : "${taint.key}=${taint.value}:NoSchedule"]
  tags        = var.tags

  # Spot pools do not support upgrade settings.
  dynamic "upgrade_settings" {
    for_each = each.value.spot ? [] : [1]

    content {
      max_surge                     = "10%"
      drain_timeout_in_minutes      = 30
      node_soak_duration_in_minutes = 0
    }
  }

  lifecycle {
    ignore_changes = [node_count, host_encryption_enabled]
  }
}
