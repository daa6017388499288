output "bucket_name" {
  description = "Name of the bucket."
  value       = local.bucket
}

output "bucket_arn" {
  description = "ARN of the bucket."
  value       = local.arn
}

output "log_bucket_name" {
  description = "Name of the access log bucket; null if there is none."
  value       = local.has_logs ? aws_s3_bucket.logs[0].bucket : null
}

output "prefix" {
  description = "Prefix of the stack in the bucket."
  value       = local.prefix
}

output "runtime_config" {
  description = "Runtime settings that this module provides."
  # A request that asks for aws:kms and names no key gets the account's own key. Where there is a key of the stack,
  # requests ask for nothing: the bucket's default is that key.
  value = merge({
    METAFLOW_DEFAULT_DATASTORE    = "s3"
    METAFLOW_DATASTORE_SYSROOT_S3 = local.root
    METAFLOW_DATATOOLS_S3ROOT     = "${local.root}/data"
    METAFLOW_CARD_S3ROOT          = "${local.root}/mf.cards"
    METAFLOW_CONDA_PACKAGE_S3ROOT = "${local.root}/conda"
    }, var.use_kms_key ? {} : {
    METAFLOW_S3_SERVER_SIDE_ENCRYPTION = "AES256"
  })
}
