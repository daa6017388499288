# Needs no account: responses of Google are mocked.

mock_provider "google" {
  mock_data "google_storage_bucket" {
    defaults = { uniform_bucket_level_access = true }
  }
}

variables {
  name    = "demo"
  project = "demo-project"
  region  = "europe-west1"
}

run "private" {
  command = plan

  assert {
    condition     = google_storage_bucket.this[0].public_access_prevention == "enforced" && google_storage_bucket.this[0].uniform_bucket_level_access
    error_message = "The bucket can become public."
  }

  assert {
    condition     = !google_storage_bucket.this[0].force_destroy && google_storage_bucket.this[0].soft_delete_policy[0].retention_duration_seconds == 604800
    error_message = "Data would be deleted without confirmation."
  }

  assert {
    condition     = google_storage_bucket.this[0].name == "demo-${substr(sha256("demo-project/europe-west1/demo"), 0, 8)}"
    error_message = "The name of the bucket is wrong."
  }

  assert {
    condition     = output.runtime_config["METAFLOW_DATASTORE_SYSROOT_GS"] == "gs://${output.bucket_name}/metaflow"
    error_message = "The runtime settings point to another location."
  }
}

run "access_logs" {
  command = plan

  variables {
    access_logs = true
  }

  assert {
    condition     = google_storage_bucket.logs[0].public_access_prevention == "enforced" && length(google_storage_bucket.this[0].logging) == 1
    error_message = "The log bucket is missing or public."
  }
}

run "a_key" {
  command = plan

  variables {
    use_kms_key = true
    kms_key_id  = "projects/p/locations/europe-west1/keyRings/r/cryptoKeys/k"
  }

  assert {
    condition     = google_storage_bucket.this[0].encryption[0].default_kms_key_name == "projects/p/locations/europe-west1/keyRings/r/cryptoKeys/k"
    error_message = "The key is not used."
  }
}

run "a_bucket_that_exists_is_left_alone" {
  command = plan

  variables {
    create_bucket = false
    bucket_name   = "ours"
    access_logs   = true
  }

  assert {
    condition     = length(google_storage_bucket.this) == 0 && length(google_storage_bucket.logs) == 0
    error_message = "The existing bucket would be changed."
  }
}

run "a_bucket_with_access_lists_is_refused" {
  command = plan

  variables {
    create_bucket = false
    bucket_name   = "ours"
  }

  override_data {
    target = data.google_storage_bucket.this
    values = { uniform_bucket_level_access = false }
  }

  expect_failures = [data.google_storage_bucket.this]
}
