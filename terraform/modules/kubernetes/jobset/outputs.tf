output "runtime_config" {
  description = "Runtime settings that this module provides."
  value       = {}
}
