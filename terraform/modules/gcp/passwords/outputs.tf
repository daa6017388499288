output "accounts" {
  description = "Name and password of each account. In no state and no plan."
  # terraform.applying is here for being ephemeral: of a map whose names are not known yet, terraform would not see it.
  value = terraform.applying || true ? {
    for name, version in ephemeral.google_secret_manager_secret_version.this : name => jsondecode(version.secret_data)
  } : null
  ephemeral = true
  sensitive = true
}

output "generations" {
  description = "Which password each account has."
  value       = { for name in var.names : name => tonumber(google_secret_manager_secret_version.this[name].secret_data_wo_version) }
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value       = {}
}

output "secret_ids" {
  description = "Id of the secret of each account."
  value       = { for name in var.names : name => "projects/${var.project}/secrets/${google_secret_manager_secret.this[name].secret_id}" }
}
