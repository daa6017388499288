# Values of the chart.

locals {
  # Each store has its own name for the key format. The chart evaluates the last two as templates, where Argo's braces
  # must be written as a string; it uses the first verbatim.
  key       = "${var.artifact_repository.prefix}/{{workflow.namespace}}/{{workflow.name}}/{{pod.name}}"
  templated = "{{ `${local.key}` }}"
  store = merge(
    var.artifact_repository.s3 == null ? {} : {
      s3 = merge(var.artifact_repository.s3, { keyFormat = local.key, useSDKCreds = true, insecure = false })
    },
    var.artifact_repository.azure == null ? {} : {
      azure = merge(var.artifact_repository.azure, { blobNameFormat = local.templated, useSDKCreds = true })
    },
    var.artifact_repository.gcs == null ? {} : {
      gcs = merge(var.artifact_repository.gcs, { keyFormat = local.templated })
    },
  )
  # A new password is read only by new pods.
  account = { "mfinfra.dev/account" = tostring(var.database_account_version) }
  spread = [{
    maxSkew           = 1
    topologyKey       = "kubernetes.io/hostname"
    whenUnsatisfiable = "ScheduleAnyway"
  }]
  pod_security = { runAsNonRoot = true, seccompProfile = { type = "RuntimeDefault" } }
  container_security = {
    allowPrivilegeEscalation = false
    readOnlyRootFilesystem   = true
    runAsNonRoot             = true
    capabilities             = { drop = ["ALL"] }
  }
  persistence = {
    archive           = true
    archiveTTL        = "180d"
    nodeStatusOffLoad = true
    connectionPool    = { maxIdleConns = 10, maxOpenConns = 20, connMaxLifetime = "300s" }
    postgresql = {
      host           = var.database.host
      port           = var.database.port
      database       = var.database.name
      tableName      = "argo_workflows"
      ssl            = true
      sslMode        = "require"
      userNameSecret = { name = kubernetes_secret_v1.database.metadata[0].name, key = "username" }
      passwordSecret = { name = kubernetes_secret_v1.database.metadata[0].name, key = "password" }
    }
  }

  values = {
    # Full definitions would be downloaded from the internet by a hook of the chart, a job that `keep` does not apply to.
    # Those in the chart are part of the release: deleting it also deletes its custom resources, including workflows.
    crds                 = { install = true, full = false, keep = false }
    images               = { pullPolicy = "IfNotPresent" }
    useStaticCredentials = false
    artifactRepository   = merge({ archiveLogs = true }, local.store)
    # Service accounts and permissions of flows are defined in roles.tf.
    workflow = { serviceAccount = { create = false }, rbac = { create = false } }

    controller = {
      replicas                  = local.replicas
      workflowNamespaces        = var.namespaces
      podAnnotations            = local.account
      persistence               = local.persistence
      nodeSelector              = merge({ "kubernetes.io/os" = "linux" }, var.node_selector)
      tolerations               = local.tolerations
      topologySpreadConstraints = local.spread
      podSecurityContext        = local.pod_security
      securityContext           = local.container_security
      pdb                       = { enabled = var.high_availability, maxUnavailable = 1 }
      resources                 = { requests = { cpu = "100m", memory = "256Mi" }, limits = { cpu = "2", memory = "2Gi" } }
      metricsConfig             = { enabled = var.metrics }
      # The cluster would reject thousands of pods at once; this limits the rate.
      resourceRateLimit = { limit = 40, burst = 20 }
      workflowDefaults = {
        spec = {
          serviceAccountName = var.service_account
          ttlStrategy        = { secondsAfterCompletion = var.workflow_days * 86400 }
          # Failed pods are kept until their workflow is deleted, because their state contains the cause.
          podGC = { strategy = "OnPodSuccess", deleteDelayDuration = "600s" }
        }
      }
    }

    executor = {
      resources = { requests = { cpu = "25m", memory = "64Mi" }, limits = { cpu = "500m", memory = "512Mi" } }
      securityContext = {
        allowPrivilegeEscalation = false
        capabilities             = { drop = ["ALL"] }
      }
    }

    server = {
      enabled                   = true
      authModes                 = ["client"]
      secure                    = false
      serviceType               = "ClusterIP"
      replicas                  = local.replicas
      autoscaling               = { enabled = var.high_availability, minReplicas = 2, maxReplicas = 4 }
      nodeSelector              = merge({ "kubernetes.io/os" = "linux" }, var.node_selector)
      tolerations               = local.tolerations
      topologySpreadConstraints = local.spread
      podAnnotations            = local.account
      podLabels                 = var.pod_labels
      podSecurityContext        = local.pod_security
      securityContext           = local.container_security
      pdb                       = { enabled = var.high_availability, maxUnavailable = 1 }
      resources                 = { requests = { cpu = "50m", memory = "128Mi" }, limits = { cpu = "1", memory = "1Gi" } }
      serviceAccount            = { create = true, name = local.server, annotations = var.service_account_annotations }
      clusterWorkflowTemplates  = { enableEditing = false }
    }
  }
}
