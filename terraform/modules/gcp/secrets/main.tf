# Secrets that tasks may read: those whose names begin with the stack's and an underscore, and those that are named.
# Names of stacks have no underscore: no other stack's secrets begin so, nor do those that the stack keeps for itself.

locals {
  prefix = "${var.name}_"

  # By name in the stack's project, or as projects/P/secrets/NAME.
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
