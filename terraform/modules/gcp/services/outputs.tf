output "project" {
  description = "Id of the project, once its services answer."
  value       = var.project == null ? trimprefix(data.google_project.this.id, "projects/") : var.project

  depends_on = [time_sleep.first, time_sleep.this]
}

output "project_number" {
  description = "Number of the project."
  value       = data.google_project.this.number

  depends_on = [time_sleep.first, time_sleep.this]
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value       = {}
}

output "zones" {
  description = "The zones to use, in order."
  value       = slice(local.zones, 0, min(var.zones, length(local.zones)))

  precondition {
    condition     = length(local.zones) >= var.zones
    error_message = "The region ${var.region} has fewer than ${var.zones} zones."
  }
}
