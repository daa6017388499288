# Passwords are generated during an apply, written to Secret Manager, and read from there by all consumers:
# wherever the apply is interrupted, all have the same passwords. They are in no state and in no plan.

ephemeral "random_password" "this" {
  for_each = var.names

  length  = 40
  special = false # some are used in URLs
}

resource "google_secret_manager_secret" "this" {
  for_each = var.names

  project   = var.project
  secret_id = "${var.name}-${each.key}"

  replication {
    user_managed {
      replicas {
        location = var.region

        dynamic "customer_managed_encryption" {
          for_each = var.use_kms_key ? [1] : []

          content {
            kms_key_name = var.kms_key_id
          }
        }
      }
    }
  }
}

resource "google_secret_manager_secret_version" "this" {
  for_each = var.names

  secret                 = google_secret_manager_secret.this[each.key].id
  secret_data_wo_version = tostring(contains(var.lasting, each.key) ? 1 : var.generation)
  secret_data_wo = jsonencode({
    username = each.key
    password = ephemeral.random_password.this[each.key].result
  })
}

ephemeral "google_secret_manager_secret_version" "this" {
  for_each = var.names

  secret  = google_secret_manager_secret_version.this[each.key].secret
  version = google_secret_manager_secret_version.this[each.key].version
}
