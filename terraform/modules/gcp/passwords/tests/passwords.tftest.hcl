# Needs no account: planning sends no requests to Google. (Mock providers do not support ephemeral resources, which this module has.)

provider "google" {
  project      = "demo-project"
  region       = "europe-west1"
  access_token = "none"
}

run "a_secret_for_each_that_no_task_can_read" {
  command = plan

  module {
    source = "./tests/caller"
  }

  variables {
    names = ["metaflow", "airflow-admin"]
  }

  assert {
    condition     = output.secret_ids["metaflow"] == "projects/demo-project/secrets/demo-metaflow" && output.secret_ids["airflow-admin"] == "projects/demo-project/secrets/demo-airflow-admin"
    error_message = "The names of secrets are wrong: tasks can read those that begin with the stack's name and an underscore."
  }
}
