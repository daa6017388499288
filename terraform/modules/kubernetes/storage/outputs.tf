output "name" {
  description = "Name of the storage class."
  value       = kubernetes_storage_class_v1.this.metadata[0].name
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value       = {}
}
