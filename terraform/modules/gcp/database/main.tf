# Cloud SQL for PostgreSQL with a private address, for metadata and the orchestrators.

locals {
  # Version 16 and later have another default edition, which does not support small machine types.
  edition = startswith(var.instance_class, "db-perf-optimized-") ? "ENTERPRISE_PLUS" : "ENTERPRISE"
}

# The name of a deleted instance is reserved for a week. A new instance therefore has a new name, after a destroy and when a
# change replaces the instance.
resource "random_id" "this" {
  byte_length = 3

  keepers = {
    region  = var.region
    network = var.network
    key     = var.use_kms_key ? var.kms_key_id : "google"
  }
}

resource "google_sql_database_instance" "this" {
  #checkov:skip=CKV_GCP_79:set by postgres_version in the stack file
  #checkov:skip=CKV_GCP_6:clients have a password and no certificate; unencrypted connections are rejected
  #checkov:skip=CKV2_GCP_13:Query Insights records the duration of statements; a log line for each statement is not needed
  #checkov:skip=CKV_GCP_108:pods have no host names, and a lookup would delay each connection
  project             = var.project
  name                = "${var.name}-${random_id.this.hex}"
  region              = var.region
  database_version    = "POSTGRES_${split(".", var.postgres_version)[0]}"
  encryption_key_name = var.kms_key_id
  deletion_protection = var.deletion_protection

  settings {
    tier                        = var.instance_class
    edition                     = local.edition
    availability_type           = var.high_availability ? "REGIONAL" : "ZONAL"
    disk_type                   = "PD_SSD"
    disk_size                   = var.storage_gb
    disk_autoresize             = true
    disk_autoresize_limit       = var.max_storage_gb
    deletion_protection_enabled = var.deletion_protection
    retain_backups_on_delete    = !var.force_destroy
    user_labels                 = var.labels

    ip_configuration {
      ipv4_enabled       = false
      private_network    = var.network
      allocated_ip_range = var.address_range
      ssl_mode           = "ENCRYPTED_ONLY"
    }

    backup_configuration {
      enabled                        = var.backup_days > 0
      start_time                     = "02:00"
      location                       = var.region
      point_in_time_recovery_enabled = var.backup_days > 0
      transaction_log_retention_days = min(max(var.backup_days, 1), 7)

      backup_retention_settings {
        retained_backups = max(var.backup_days, 1)
        retention_unit   = "COUNT"
      }
    }

    dynamic "final_backup_config" {
      for_each = var.force_destroy ? [] : [1]

      content {
        enabled        = true
        retention_days = 30
      }
    }

    # Sunday, after the backup.
    maintenance_window {
      day          = 7
      hour         = 4
      update_track = "stable"
    }

    insights_config {
      query_insights_enabled = true
    }

    # Flags of the CIS benchmark.
    database_flags {
      name  = "cloudsql.enable_pgaudit"
      value = "on"
    }

    database_flags {
      name  = "log_checkpoints"
      value = "on"
    }

    database_flags {
      name  = "log_connections"
      value = "on"
    }

    database_flags {
      name  = "log_disconnections"
      value = "on"
    }

    database_flags {
      name  = "log_error_verbosity"
      value = "default"
    }

    database_flags {
      name  = "log_lock_waits"
      value = "on"
    }

    database_flags {
      name  = "log_min_duration_statement"
      value = "-1"
    }

    database_flags {
      name  = "log_min_error_statement"
      value = "error"
    }

    database_flags {
      name  = "log_min_messages"
      value = "warning"
    }

    database_flags {
      name  = "log_statement"
      value = "ddl"
    }

    database_flags {
      name  = "log_temp_files"
      value = "0"
    }
  }

  # The disk grows automatically.
  lifecycle {
    ignore_changes = [settings[0].disk_size]
  }
}

# Accounts and databases are deleted with the instance. An account that owns objects cannot be deleted by itself.
resource "google_sql_user" "this" {
  for_each = var.names

  project             = var.project
  instance            = google_sql_database_instance.this.name
  name                = each.key
  password_wo         = var.accounts[each.key].password
  password_wo_version = var.password_versions[each.key]
  deletion_policy     = "ABANDON"
}

resource "google_sql_database" "this" {
  for_each = var.names

  project         = var.project
  instance        = google_sql_database_instance.this.name
  name            = each.key
  deletion_policy = "ABANDON"

  depends_on = [google_sql_user.this]
}
