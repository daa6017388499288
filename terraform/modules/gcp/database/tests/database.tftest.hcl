# Needs no account: responses of Google are mocked.

mock_provider "google" {}
mock_provider "random" {}

variables {
  name    = "demo"
  project = "demo-project"
  region  = "europe-west1"
  network = "projects/demo-project/global/networks/demo"
  labels  = {}
  names   = ["metaflow", "argo"]

  password_versions = { metaflow = 1, argo = 2 }

  accounts = { metaflow = { username = "metaflow", password = "none" }, argo = { username = "argo", password = "none" } }
}

run "inside_and_encrypted" {
  command = plan

  assert {
    condition     = !google_sql_database_instance.this.settings[0].ip_configuration[0].ipv4_enabled && google_sql_database_instance.this.settings[0].ip_configuration[0].ssl_mode == "ENCRYPTED_ONLY"
    error_message = "The database is reachable from outside, or without TLS."
  }

  assert {
    condition     = google_sql_database_instance.this.settings[0].edition == "ENTERPRISE"
    error_message = "The edition does not support this machine type."
  }

  assert {
    condition     = length(google_sql_user.this) == 2 && length(google_sql_database.this) == 2
    error_message = "A database or its account is missing."
  }

  assert {
    condition     = google_sql_user.this["metaflow"].password_wo_version == 1 && google_sql_user.this["argo"].password_wo_version == 2
    error_message = "A new password is not written."
  }

  assert {
    condition     = length(google_sql_database_instance.this.settings[0].final_backup_config) == 1 && google_sql_database_instance.this.settings[0].retain_backups_on_delete
    error_message = "The database would be deleted without a final backup."
  }
}

run "two_zones_and_a_point_in_time" {
  command = plan

  variables {
    high_availability = true
    backup_days       = 30
    instance_class    = "db-perf-optimized-N-2"
  }

  assert {
    condition     = google_sql_database_instance.this.settings[0].availability_type == "REGIONAL" && google_sql_database_instance.this.settings[0].edition == "ENTERPRISE_PLUS"
    error_message = "There is no standby, or the edition is another."
  }

  assert {
    condition     = google_sql_database_instance.this.settings[0].backup_configuration[0].point_in_time_recovery_enabled && google_sql_database_instance.this.settings[0].backup_configuration[0].transaction_log_retention_days == 7
    error_message = "Point-in-time recovery is disabled, or longer than the edition allows."
  }
}

run "removable" {
  command = plan

  variables {
    force_destroy = true
    backup_days   = 0
  }

  assert {
    condition     = !google_sql_database_instance.this.deletion_protection && length(google_sql_database_instance.this.settings[0].final_backup_config) == 0 && !google_sql_database_instance.this.settings[0].backup_configuration[0].enabled
    error_message = "A part of the database would remain."
  }
}

run "other_sizes_are_refused" {
  command = plan

  variables {
    storage_gb  = 5
    backup_days = 400
  }

  expect_failures = [var.storage_gb, var.backup_days]
}
