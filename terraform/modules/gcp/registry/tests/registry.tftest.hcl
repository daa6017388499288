# Needs no account: responses of Google are mocked.

mock_provider "google" {}

variables {
  name        = "demo"
  project     = "demo-project"
  region      = "europe-west1"
  node_member = "serviceAccount:nodes@demo-project.iam.gserviceaccount.com"
}

run "a_tag_is_one_image" {
  command = plan

  assert {
    condition     = google_artifact_registry_repository.this.docker_config[0].immutable_tags
    error_message = "Tags are mutable."
  }

  assert {
    condition     = length(output.runtime_config) == 0
    error_message = "An image is set although none was configured."
  }
}

run "an_image_by_name_and_tag" {
  command = plan

  variables {
    image = "train:1"
  }

  assert {
    condition     = output.runtime_config["METAFLOW_DEFAULT_CONTAINER_REGISTRY"] == "europe-west1-docker.pkg.dev/demo-project/demo" && output.runtime_config["METAFLOW_DEFAULT_CONTAINER_IMAGE"] == "train:1"
    error_message = "The image is wrong."
  }
}

run "an_image_by_tag" {
  command = plan

  variables {
    image = "2026-11"
  }

  assert {
    condition     = output.runtime_config["METAFLOW_DEFAULT_CONTAINER_IMAGE"] == "demo:2026-11"
    error_message = "The image is wrong."
  }
}

run "protected" {
  command = plan

  variables {
    deletion_protection = true
  }

  assert {
    condition     = google_artifact_registry_repository.this.deletion_policy == "PREVENT"
    error_message = "The images could be deleted."
  }
}
