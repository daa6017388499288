output "workspace_id" {
  description = "ID of the Log Analytics workspace."
  value       = azurerm_log_analytics_workspace.this.id
}

output "container_rule_id" {
  description = "ID of the data collection rule for containers."
  value       = azurerm_monitor_data_collection_rule.containers.id
}
