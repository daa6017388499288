output "bucket_name" {
  description = "Name of the bucket."
  value       = local.bucket
}

output "log_bucket_name" {
  description = "Name of the bucket for access logs; null for none."
  value       = local.has_logs ? google_storage_bucket.logs[0].name : null
}

output "prefix" {
  description = "Where in the bucket everything of flows lies."
  value       = local.prefix
}

output "root" {
  description = "The same as a URL."
  value       = local.root
}

output "runtime_config" {
  description = "Settings that this module makes true."
  value = {
    METAFLOW_DEFAULT_DATASTORE    = "gs"
    METAFLOW_DATASTORE_SYSROOT_GS = local.root
    METAFLOW_DATATOOLS_GSROOT     = "${local.root}/data"
    METAFLOW_CARD_GSROOT          = "${local.root}/mf.cards"
    METAFLOW_CONDA_PACKAGE_GSROOT = "${local.root}/conda"
  }
}
