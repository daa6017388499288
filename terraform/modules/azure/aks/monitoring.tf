resource "azurerm_monitor_data_collection_rule_association" "containers" {
  name                    = "ContainerInsightsExtension"
  target_resource_id      = azurerm_kubernetes_cluster.this.id
  data_collection_rule_id = var.container_rule_id
}

# Audit log of the API server, without read requests, of which there are thousands.
resource "azurerm_monitor_diagnostic_setting" "this" {
  name                           = "control-plane"
  target_resource_id             = azurerm_kubernetes_cluster.this.id
  log_analytics_workspace_id     = var.workspace_id
  log_analytics_destination_type = "Dedicated"

  dynamic "enabled_log" {
    for_each = toset(["kube-audit-admin", "guard", "kube-controller-manager", "cluster-autoscaler"])

    content {
      category = enabled_log.key
    }
  }
}
