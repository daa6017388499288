# Needs no account: responses of Google are mocked.

mock_provider "google" {
  mock_data "google_storage_project_service_account" {
    defaults = { member = "serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com" }
  }
}

mock_provider "google-beta" {
  mock_resource "google_project_service_identity" {
    defaults = { member = "serviceAccount:agent@example.iam.gserviceaccount.com" }
  }
}

mock_provider "random" {}
mock_provider "time" {}

variables {
  name           = "demo"
  project        = "demo-project"
  project_number = "123456789012"
  region         = "europe-west1"
}

run "rotates" {
  command = plan

  assert {
    condition     = google_kms_crypto_key.this[0].rotation_period == "7776000s"
    error_message = "The key is not rotated each quarter."
  }

  assert {
    condition     = length(google_kms_crypto_key_iam_member.this) == 6
    error_message = "A service cannot use the key."
  }

  assert {
    condition     = google_kms_crypto_key.this[0].deletion_policy == "DELETE"
    error_message = "The key could not be deleted."
  }
}

run "protected" {
  command = plan

  variables {
    deletion_protection = true
  }

  assert {
    condition     = google_kms_crypto_key.this[0].deletion_policy == "PREVENT"
    error_message = "The key could be deleted."
  }
}

run "a_key_that_exists" {
  command = plan

  variables {
    create_key = false
    key_id     = "projects/p/locations/europe-west1/keyRings/r/cryptoKeys/k"
  }

  assert {
    condition     = length(google_kms_key_ring.this) == 0 && output.key_id == "projects/p/locations/europe-west1/keyRings/r/cryptoKeys/k"
    error_message = "A second key would be created."
  }
}
