# Needs no cluster: planning sends it no requests.

provider "kubernetes" {
  host  = "https://127.0.0.1"
  token = "none"
}

provider "helm" {
  kubernetes = {
    host  = "https://127.0.0.1"
    token = "none"
  }
}

variables {
  chart_version       = "1.0.0"
  namespaces          = ["flows", "research"]
  database            = { host = "db.example.com", port = 5432, name = "argo" }
  database_account    = { username = "argo", password = "not-a-secret" }
  artifact_repository = { prefix = "metaflow/argo", s3 = { bucket = "b", endpoint = "s3.example.com", region = "eu-west-1" } }
}

run "sandbox_on_s3" {
  command = plan

  assert {
    condition     = yamldecode(helm_release.this.values[0]).controller.persistence.postgresql.sslMode == "require" && !strcontains(helm_release.this.values[0], "not-a-secret")
    error_message = "The archive is reached without TLS, or a password is in the values."
  }

  assert {
    condition     = yamldecode(helm_release.this.values[0]).artifactRepository.s3.keyFormat == "metaflow/argo/{{workflow.namespace}}/{{workflow.name}}/{{pod.name}}"
    error_message = "Artifacts are stored in another location."
  }

  assert {
    condition     = yamldecode(helm_release.this.values[0]).server.authModes == ["client"] && yamldecode(helm_release.this.values[0]).server.serviceType == "ClusterIP"
    error_message = "The server has no authentication, or is reachable from outside."
  }

  assert {
    condition     = length(kubernetes_role_binding_v1.workflow) == 2 && kubernetes_role_v1.workflow["flows"].rule[0].resources == toset(["workflowtaskresults"])
    error_message = "Workflows of a namespace cannot report results."
  }

  assert {
    condition     = output.runtime_config == { METAFLOW_ARGO_WORKFLOWS_USE_SCHEDULES = "true" }
    error_message = "A setting is missing or wrong."
  }
}

run "production_on_azure" {
  command = plan

  variables {
    high_availability   = true
    ui_url              = "https://argo.example.com"
    artifact_repository = { prefix = "metaflow/argo", azure = { endpoint = "https://a.blob.core.windows.net", container = "c" } }
  }

  # The chart evaluates this value as a template: Argo's braces must be a string.
  assert {
    condition     = yamldecode(helm_release.this.values[0]).artifactRepository.azure.blobNameFormat == "{{ `metaflow/argo/{{workflow.namespace}}/{{workflow.name}}/{{pod.name}}` }}"
    error_message = "The chart would evaluate Argo's variables as its own."
  }

  assert {
    condition     = yamldecode(helm_release.this.values[0]).controller.replicas == 2 && yamldecode(helm_release.this.values[0]).controller.pdb.enabled
    error_message = "There is one controller only."
  }

  assert {
    condition     = output.runtime_config.METAFLOW_ARGO_WORKFLOWS_UI_URL == "https://argo.example.com"
    error_message = "The URL of the UI is not in the settings."
  }
}

run "one_store_is_named" {
  command = plan

  variables {
    artifact_repository = { prefix = "metaflow/argo" }
  }

  expect_failures = [var.artifact_repository]
}
