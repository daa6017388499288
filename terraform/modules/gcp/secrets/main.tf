# Secrets that tasks can read: those whose names begin with the name of the stack and an underscore, and the listed ones.
# Names of stacks contain no underscore, so the prefix matches no secrets of other stacks. Names of the stack's own secrets have a hyphen.

locals {
  prefix = "${var.name}_"

  # A name in the stack's project, or projects/P/secrets/NAME.
  allowed = { for secret in var.allow : secret => strcontains(secret, "/") ? split("/", secret) : ["projects", var.project, "secrets", secret] }
  grants  = { for pair in setproduct(keys(var.members), var.allow) : "${pair[0]} ${pair[1]}" => { member = pair[0], secret = pair[1] } }
}

resource "google_project_iam_member" "prefix" {
  for_each = var.members

  project = var.project
  role    = "roles/secretmanager.secretAccessor"
  member  = each.value

  condition {
    title      = "secrets of ${var.name}"
    expression = "resource.name.startsWith(\"projects/${var.project_number}/secrets/${local.prefix}\")"
  }
}

resource "google_secret_manager_secret_iam_member" "named" {
  for_each = local.grants

  project   = local.allowed[each.value.secret][1]
  secret_id = local.allowed[each.value.secret][3]
  role      = "roles/secretmanager.secretAccessor"
  member    = var.members[each.value.member]
}
