# An existing database, which is not changed. Its secret contains {"username": ..., "password": ...}.

locals {
  # A name in the stack's project, or projects/P/secrets/NAME.
  parts  = split("/", var.secret)
  secret = length(local.parts) == 1 ? "projects/${var.project}/secrets/${var.secret}" : join("/", slice(local.parts, 0, 4))
}

ephemeral "google_secret_manager_secret_version" "this" {
  secret = local.secret
}
