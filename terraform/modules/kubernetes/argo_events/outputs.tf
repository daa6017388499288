output "namespace_configs" {
  description = "Settings of flows that name a namespace, by namespace."
  value       = local.settings
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value       = local.settings[var.default_namespace]
}
