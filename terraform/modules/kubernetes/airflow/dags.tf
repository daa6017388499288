# Source of DAGs. Airflow downloads them itself from Git, S3 and GCS; its Azure provider has no bundle, so rclone
# synchronizes a directory in a sidecar.

locals {
  scheme = var.dags.url == null ? "git" : split("://", var.dags.url)[0]
  place  = var.dags.url == null ? "" : split("://", var.dags.url)[1]
  bucket = split("/", local.place)[0]
  path   = trim(trimprefix(local.place, local.bucket), "/")
  synced = local.scheme == "wasb"

  # The values have different types; as strings they fit into one map.
  bundle = jsondecode(lookup({
    git = jsonencode({
      name      = "flows"
      classpath = "airflow.providers.git.bundles.git.GitDagBundle"
      kwargs = merge(
        { repo_url = var.dags.repository, tracking_ref = var.dags.branch, subdir = var.dags.folder, refresh_interval = 60 },
        var.use_git_account ? { git_conn_id = local.git_connection_id } : {},
      )
    })
    s3 = jsonencode({
      name      = "flows"
      classpath = "airflow.providers.amazon.aws.bundles.s3.S3DagBundle"
      kwargs    = { aws_conn_id = local.connection_id, bucket_name = local.bucket, prefix = "${local.path}/", refresh_interval = 60 }
    })
    gs = jsonencode({
      name      = "flows"
      classpath = "airflow.providers.google.cloud.bundles.gcs.GCSDagBundle"
      kwargs    = { gcp_conn_id = local.connection_id, bucket_name = local.bucket, prefix = "${local.path}/", refresh_interval = 60 }
    })
    wasb = jsonencode({
      name      = "flows"
      classpath = "airflow.dag_processing.bundles.local.LocalDagBundle"
      kwargs    = { path = "/opt/airflow/flows", refresh_interval = 60 }
    })
  }, local.scheme))

  sync = {
    image           = var.sync_image
    imagePullPolicy = "IfNotPresent"
    env = [
      { name = "RCLONE_CONFIG", value = "/tmp/none" },
      { name = "RCLONE_AZUREBLOB_ACCOUNT", value = var.dags.account == null ? "" : var.dags.account },
      { name = "RCLONE_AZUREBLOB_ENV_AUTH", value = "true" },
      { name = "SOURCE", value = ":azureblob:${local.bucket}/${local.path}" },
    ]
    resources = { requests = { cpu = "10m", memory = "64Mi" }, limits = { cpu = "500m", memory = "256Mi" } }
    securityContext = {
      allowPrivilegeEscalation = false
      readOnlyRootFilesystem   = true
      runAsNonRoot             = true
      capabilities             = { drop = ["ALL"] }
    }
    volumeMounts = [{ name = "flows", mountPath = "/opt/airflow/flows" }, { name = "sync-tmp", mountPath = "/tmp" }]
  }
  sync_once    = merge(local.sync, { name = "sync-once", command = ["sh", "-c", "rclone sync \"$SOURCE\" /opt/airflow/flows"] })
  sync_forever = merge(local.sync, { name = "sync", command = ["sh", "-c", "while sleep 60; do rclone sync \"$SOURCE\" /opt/airflow/flows; done"] })
  synced_volumes = {
    extraVolumes      = local.synced ? [{ name = "flows", emptyDir = {} }, { name = "sync-tmp", emptyDir = {} }] : []
    extraVolumeMounts = local.synced ? [{ name = "flows", mountPath = "/opt/airflow/flows", readOnly = true }] : []
  }
}
