output "namespace_configs" {
  description = "Runtime settings that differ in each namespace, by namespace."
  value       = local.settings
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value       = local.settings[var.default_namespace]
}
