output "runtime_config" {
  description = "Settings that this module makes true."
  value       = {}
}
