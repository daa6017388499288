# One key for everything that the stack stores, new or existing. Google rotates its key material every quarter.

locals {
  key_id = var.create_key ? google_kms_crypto_key.this[0].id : var.key_id

  # Each service encrypts with its own service agent. Some agents exist only after they have been requested.
  asked_for = toset(["artifactregistry.googleapis.com", "secretmanager.googleapis.com", "sqladmin.googleapis.com"])
  agents = merge(
    { for service, agent in google_project_service_identity.this : service => agent.member },
    {
      "compute.googleapis.com"   = "serviceAccount:service-${var.project_number}@compute-system.iam.gserviceaccount.com"
      "container.googleapis.com" = "serviceAccount:service-${var.project_number}@container-engine-robot.iam.gserviceaccount.com"
      "storage.googleapis.com"   = data.google_storage_project_service_account.this.member
    },
  )
}

# Names of key rings and keys can never be used again, even after deletion. A stack that is created again has new names.
resource "random_id" "this" {
  count = var.create_key ? 1 : 0

  byte_length = 3
}

resource "google_kms_key_ring" "this" {
  count = var.create_key ? 1 : 0

  project  = var.project
  name     = "${var.name}-${random_id.this[0].hex}"
  location = var.region
}

resource "google_kms_crypto_key" "this" {
  #checkov:skip=CKV_GCP_82:set by deletion_protection
  count = var.create_key ? 1 : 0

  name                       = var.name
  key_ring                   = google_kms_key_ring.this[0].id
  purpose                    = "ENCRYPT_DECRYPT"
  rotation_period            = "7776000s"
  destroy_scheduled_duration = "${var.deletion_window_days * 86400}s"
  deletion_policy            = var.deletion_protection ? "PREVENT" : "DELETE"
}

resource "google_project_service_identity" "this" {
  provider = google-beta
  for_each = local.asked_for

  project = var.project
  service = each.key
}

data "google_storage_project_service_account" "this" {
  project = var.project
}

resource "google_kms_crypto_key_iam_member" "this" {
  for_each = local.agents

  crypto_key_id = local.key_id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = each.value
}

# A permission on a key takes time to propagate.
resource "time_sleep" "this" {
  create_duration = "60s"

  depends_on = [google_kms_crypto_key_iam_member.this]
}
