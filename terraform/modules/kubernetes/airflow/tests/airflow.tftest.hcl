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
  chart_version    = "1.0.0"
  airflow_version  = "3.2.2"
  sync_image       = "rclone:1"
  namespaces       = ["flows"]
  database         = { host = "db.example.com", port = 5432, name = "airflow" }
  database_account = { username = "airflow", password = "not-a-secret" }
  secrets = {
    fernet_password = "not-a-secret-of-thirty-two-letters"
    api_secret_key  = "not-a-secret"
    jwt_secret      = "not-a-secret"
    admin_password  = "not-a-secret"
  }
  connection = "aws://"
  log_url    = "s3://bucket/airflow/logs"
  dags       = { url = "s3://bucket/airflow/dags" }
}

run "dags_in_s3" {
  command = plan

  assert {
    condition     = jsondecode(yamldecode(helm_release.this.values[0]).env[1].value)[0].kwargs.prefix == "airflow/dags/"
    error_message = "The source of DAGs is wrong."
  }

  assert {
    condition     = !strcontains(helm_release.this.values[0], "not-a-secret") && yamldecode(helm_release.this.values[0]).data.metadataSecretName == "airflow-database"
    error_message = "A secret is in the values."
  }

  assert {
    condition     = !yamldecode(helm_release.this.values[0]).migrateDatabaseJob.useHelmHooks && !yamldecode(helm_release.this.values[0]).createUserJob.useHelmHooks
    error_message = "Terraform and Helm would wait for each other."
  }

  assert {
    condition     = yamldecode(helm_release.this.values[0]).executor == "KubernetesExecutor" && yamldecode(helm_release.this.values[0]).config.core.load_examples == "False"
    error_message = "The executor is wrong, or example DAGs are enabled."
  }
}

run "dags_in_azure_are_fetched_by_a_container" {
  command = plan

  variables {
    connection = "{\"conn_type\": \"wasb\", \"host\": \"https://account.blob.core.windows.net\"}"
    log_url    = "wasb://data/airflow/logs"
    dags       = { url = "wasb://data/airflow/dags", account = "account" }
  }

  assert {
    condition     = yamldecode(helm_release.this.values[0]).config.logging.remote_base_log_folder == "wasb://airflow/logs" && yamldecode(helm_release.this.values[0]).config.azure_remote_logging.remote_wasb_log_container == "data"
    error_message = "Logs go elsewhere."
  }

  assert {
    condition     = length(yamldecode(helm_release.this.values[0]).workers.extraInitContainers) == 1 && length(yamldecode(helm_release.this.values[0]).dagProcessor.extraContainers) == 1
    error_message = "Nothing fetches the DAGs."
  }
}

run "dags_in_git" {
  command = plan

  variables {
    dags = { repository = "https://example.com/dags.git", folder = "dags" }
  }

  assert {
    condition     = jsondecode(yamldecode(helm_release.this.values[0]).env[1].value)[0].kwargs == { repo_url = "https://example.com/dags.git", tracking_ref = "main", subdir = "dags", refresh_interval = 60 }
    error_message = "The source of DAGs is wrong."
  }
}

run "dags_in_a_private_git_repository" {
  command = plan

  variables {
    dags            = { repository = "https://example.com/dags.git" }
    git_account     = { username = "bot", password = "not-a-secret" }
    use_git_account = true
  }

  assert {
    condition     = jsondecode(yamldecode(helm_release.this.values[0]).env[1].value)[0].kwargs.git_conn_id == "mfinfra_git" && yamldecode(helm_release.this.values[0]).secret == [{ envName = "AIRFLOW_CONN_MFINFRA_GIT", secretName = "airflow-git", secretKey = "connection" }]
    error_message = "Airflow clones without credentials."
  }

  assert {
    condition     = !strcontains(helm_release.this.values[0], "not-a-secret") && kubernetes_secret_v1.git[0].data_wo_revision == 1
    error_message = "A token is in the values."
  }
}

run "one_place_for_dags" {
  command = plan

  variables {
    dags = {}
  }

  expect_failures = [var.dags]
}
