# The bucket for artifacts, code packages, cards and data.

locals {
  prefix = "metaflow"

  # Names of buckets are the whole world's: a part of ours is made of project and region.
  generated = "${var.name}-${substr(sha256("${var.project}/${var.region}/${var.name}"), 0, 8)}"
  name      = coalesce(var.bucket_name, local.generated)
  bucket    = var.create_bucket ? google_storage_bucket.this[0].name : data.google_storage_bucket.this[0].name
  root      = "gs://${local.bucket}/${local.prefix}"
  has_logs  = var.create_bucket && var.access_logs
}

data "google_storage_bucket" "this" {
  count = var.create_bucket ? 0 : 1

  name = local.name

  lifecycle {
    postcondition {
      condition     = self.uniform_bucket_level_access
      error_message = "Bucket ${self.name} must have uniform bucket-level access, which permissions for a prefix require."
    }
  }
}

resource "google_storage_bucket" "this" {
  #checkov:skip=CKV_GCP_62:access_logs of the stack file decides
  #checkov:skip=CKV_GCP_78:versioning of the stack file decides
  count = var.create_bucket ? 1 : 0

  project                     = var.project
  name                        = local.name
  location                    = var.region
  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = var.force_destroy

  versioning {
    enabled = var.versioning
  }

  # What is deleted can be had back for a week, except where everything is to go.
  soft_delete_policy {
    retention_duration_seconds = var.force_destroy ? 0 : 604800
  }

  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }

    condition {
      age = 7
    }
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      days_since_noncurrent_time = var.noncurrent_days
      with_state                 = "ARCHIVED"
    }
  }

  dynamic "encryption" {
    for_each = var.use_kms_key ? [1] : []

    content {
      default_kms_key_name = var.kms_key_id
    }
  }

  dynamic "logging" {
    for_each = local.has_logs ? [1] : []

    content {
      log_bucket        = google_storage_bucket.logs[0].name
      log_object_prefix = "access"
    }
  }
}

resource "google_storage_bucket" "logs" {
  #checkov:skip=CKV_GCP_62:a log of the log would never end
  #checkov:skip=CKV_GCP_63:the bucket logs nothing of its own
  #checkov:skip=CKV_GCP_78:logs are written once
  count = local.has_logs ? 1 : 0

  project                     = var.project
  name                        = "${local.name}-logs"
  location                    = var.region
  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = var.force_destroy

  soft_delete_policy {
    retention_duration_seconds = 0
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      age = var.log_retention_days
    }
  }
}

# Google's own group of those who deliver logs; no other way is offered.
resource "google_storage_bucket_iam_member" "logs" {
  count = local.has_logs ? 1 : 0

  bucket = google_storage_bucket.logs[0].name
  role   = "roles/storage.objectCreator"
  member = "group:cloud-storage-analytics@google.com"
}
