# PostgreSQL of Cloud SQL, reached inside the network only: metadata, and what orchestrators keep.

locals {
  # Version 16 and later have another edition by default, which knows no small machines.
  edition = startswith(var.instance_class, "db-perf-optimized-") ? "ENTERPRISE_PLUS" : "ENTERPRISE"
}

# The name of a database is taken for a week after its end. A new one has a new name: after a destroy, and where a
# change makes another database necessary.
resource "random_id" "this" {
  byte_length = 3

  keepers = {
    region  = var.region
    network = var.network
    key     = var.use_kms_key ? var.kms_key_id : "google"
  }
}

resource "google_sql_database_instance" "this" {
  #checkov:skip=CKV_GCP_79:postgres_version of the stack file decides
  #checkov:skip=CKV_GCP_6:clients have a password and no certificate of their own; what is not encrypted is refused
  #checkov:skip=CKV2_GCP_13:Query Insights has the duration of statements, and a line for each of them is read by nobody
  #checkov:skip=CKV_GCP_108:pods have addresses and no names, and asking for one holds up each connection
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

    # Those of the CIS benchmark.
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

  # The disk grows by itself.
  lifecycle {
    ignore_changes = [settings[0].disk_size]
  }
}

# The accounts and what is in the databases go with the instance. Alone, an account that owns something cannot go.
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
