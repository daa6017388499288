output "project" {
  description = "ID of the project, after its APIs have been enabled."
  value       = var.project == null ? trimprefix(data.google_project.this.id, "projects/") : var.project

  depends_on = [time_sleep.first, time_sleep.this]
}

output "project_number" {
  description = "Project number."
  value       = data.google_project.this.number

  depends_on = [time_sleep.first, time_sleep.this]
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value       = {}
}

output "zones" {
  description = "Names of the zones, in order."
  value       = slice(local.zones, 0, min(var.zones, length(local.zones)))

  precondition {
    condition     = length(local.zones) >= var.zones
    error_message = "Region ${var.region} must have at least ${var.zones} zones."
  }
}
