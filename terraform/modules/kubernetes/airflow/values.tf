# Values of the chart.

locals {
  log_scheme = split("://", var.log_url)[0]
  log_place  = split("://", var.log_url)[1]
  log_bucket = split("/", local.log_place)[0]
  log_path   = trim(trimprefix(local.log_place, local.log_bucket), "/")

  account = { serviceAccount = { create = false, name = local.service_account } }
  twice   = { replicas = var.high_availability ? 2 : 1, podDisruptionBudget = { enabled = var.high_availability, config = { maxUnavailable = 1 } } }
  once    = { useHelmHooks = false, applyCustomEnv = true, resources = local.small }
  small   = { requests = { cpu = "100m", memory = "512Mi" }, limits = { cpu = "1", memory = "1Gi" } }
  large   = { requests = { cpu = "250m", memory = "1Gi" }, limits = { cpu = "2", memory = "2Gi" } }

  values = {
    airflowVersion    = var.airflow_version
    defaultAirflowTag = var.airflow_version
    executor          = "KubernetesExecutor"
    images            = { migrationsWaitTimeout = 600 }
    labels            = merge(local.labels, var.pod_labels)
    nodeSelector      = var.node_selector
    tolerations       = local.tolerations

    # New passwords and keys are read only by new pods.
    airflowPodAnnotations = { "mfinfra.dev/account" = tostring(var.database_account_version) }

    # Names of secrets, none of which the chart creates.
    data                   = { metadataSecretName = kubernetes_secret_v1.database.metadata[0].name }
    fernetKeySecretName    = kubernetes_secret_v1.keys.metadata[0].name
    apiSecretKeySecretName = kubernetes_secret_v1.keys.metadata[0].name
    jwtSecretName          = kubernetes_secret_v1.keys.metadata[0].name

    env = [
      { name = "AIRFLOW_CONN_${upper(local.connection_id)}", value = var.connection },
      { name = "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", value = jsonencode([local.bundle]) },
      # Airflow opens the same URL with psycopg2 and asyncpg, and asyncpg fails on ?sslmode. Both read this variable.
      { name = "PGSSLMODE", value = "require" },
    ]

    secret = [
      for secret in kubernetes_secret_v1.git :
      { envName = "AIRFLOW_CONN_${upper(local.git_connection_id)}", secretName = secret.metadata[0].name, secretKey = "connection" }
    ]

    # The schema of the chart contains container, its templates contain containers.
    securityContexts = {
      pod        = { runAsUser = 50000, runAsGroup = 0, fsGroup = 0, runAsNonRoot = true, seccompProfile = { type = "RuntimeDefault" } }
      container  = { allowPrivilegeEscalation = false, capabilities = { drop = ["ALL"] } }
      containers = { allowPrivilegeEscalation = false, capabilities = { drop = ["ALL"] } }
    }

    config = {
      core = {
        load_examples = "False"
        auth_manager  = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
      }
      logging = {
        remote_logging         = "True"
        remote_log_conn_id     = local.connection_id
        remote_base_log_folder = local.log_scheme == "wasb" ? "wasb://${local.log_path}" : var.log_url
        delete_local_logs      = "True"
      }
      azure_remote_logging = { remote_wasb_log_container = local.log_scheme == "wasb" ? local.log_bucket : "" }
    }

    postgresql = { enabled = false }
    redis      = { enabled = false }
    statsd     = { enabled = false }

    apiServer = merge(local.account, local.twice, { resources = local.large })
    scheduler = merge(local.account, local.twice, { resources = local.large })
    triggerer = merge(local.account, { replicas = local.twice.replicas, persistence = { enabled = false }, resources = local.small })
    dagProcessor = merge(local.account, local.synced_volumes, {
      enabled             = true
      resources           = local.large
      extraInitContainers = local.synced ? [local.sync_once] : []
      extraContainers     = local.synced ? [local.sync_forever] : []
    })
    workers = merge(local.account, local.synced_volumes, {
      persistence         = { enabled = false }
      resources           = local.small
      extraInitContainers = local.synced ? [local.sync_once] : []
    })

    # Terraform waits for the release, and hooks would run only after it: neither would ever finish.
    migrateDatabaseJob = merge(local.account, local.once)
    createUserJob = merge(local.account, local.once, {
      # Without a terminal the password is read from standard input, twice, and is not in the list of processes. `create` does not
      # change an existing account: `reset-password` sets a rotated password.
      args = ["bash", "-c", <<-EOT
        set -eo pipefail
        password=$(cat /run/airflow-admin/password)
        printf '%s\n%s\n' "$password" "$password" |
          airflow users create --role Admin --username admin --email admin@localhost --firstname Admin --lastname Admin
        printf '%s\n%s\n' "$password" "$password" | airflow users reset-password --username admin
      EOT
      ]
      extraVolumes      = [{ name = "admin", secret = { secretName = kubernetes_secret_v1.admin.metadata[0].name } }]
      extraVolumeMounts = [{ name = "admin", mountPath = "/run/airflow-admin", readOnly = true }]
    })
  }
}
