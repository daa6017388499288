output "accounts" {
  description = "Name and password of each account. They are in no state and no plan."
  # terraform.applying is here for being ephemeral: of a map whose names are not known yet, terraform would not see it.
  value = terraform.applying || true ? {
    for name, version in ephemeral.google_secret_manager_secret_version.this : name => jsondecode(version.secret_data)
  } : null
  ephemeral = true
  sensitive = true
}

output "generations" {
  description = "Generation of the password of each account."
  value       = { for name in var.names : name => tonumber(google_secret_manager_secret_version.this[name].secret_data_wo_version) }
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value       = {}
}

output "secret_ids" {
  description = "ID of the secret of each account."
  value       = { for name in var.names : name => "projects/${var.project}/secrets/${google_secret_manager_secret.this[name].secret_id}" }
}
