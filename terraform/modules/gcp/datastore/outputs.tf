output "bucket_name" {
  description = "Name of the bucket."
  value       = local.bucket
}

output "log_bucket_name" {
  description = "Name of the access log bucket; null if there is none."
  value       = local.has_logs ? google_storage_bucket.logs[0].name : null
}

output "prefix" {
  description = "Prefix of flows in the bucket."
  value       = local.prefix
}

output "root" {
  description = "URL of the prefix of flows."
  value       = local.root
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  value = {
    METAFLOW_DEFAULT_DATASTORE    = "gs"
    METAFLOW_DATASTORE_SYSROOT_GS = local.root
    METAFLOW_DATATOOLS_GSROOT     = "${local.root}/data"
    METAFLOW_CARD_GSROOT          = "${local.root}/mf.cards"
    METAFLOW_CONDA_PACKAGE_GSROOT = "${local.root}/conda"
  }
}
