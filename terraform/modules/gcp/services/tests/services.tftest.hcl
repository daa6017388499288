# Needs no account: responses of Google are mocked.

mock_provider "google" {
  mock_data "google_compute_zones" {
    defaults = { names = ["europe-west1-d", "europe-west1-ai1a", "europe-west1-b", "europe-west1-c"] }
  }

  mock_data "google_project" {
    defaults = { id = "projects/demo-project", number = "123456789012" }
  }
}

mock_provider "time" {}

variables {
  project  = "demo-project"
  region   = "europe-west1"
  services = ["compute.googleapis.com", "container.googleapis.com"]
}

run "services_stay_on" {
  command = apply

  assert {
    condition     = alltrue([for service in merge(google_project_service.first, google_project_service.this) : !service.disable_on_destroy])
    error_message = "An API would be disabled for the whole project."
  }

  assert {
    condition     = length(google_project_service.this) == 1 && length(google_project_service.first) == 2
    error_message = "An API is enabled twice, or not at all."
  }

  assert {
    condition     = output.zones == tolist(["europe-west1-b"])
    error_message = "The first zone is wrong."
  }
}

run "zones_for_accelerators_are_left_out" {
  command = apply

  variables {
    zones = 3
  }

  assert {
    condition     = output.zones == tolist(["europe-west1-b", "europe-west1-c", "europe-west1-d"])
    error_message = "The zones are wrong."
  }
}

run "the_project_of_the_provider" {
  command = apply

  variables {
    project = null
  }

  assert {
    condition     = output.project == "demo-project"
    error_message = "The project is unknown."
  }
}

run "too_many_zones_are_refused" {
  command = plan

  variables {
    zones = 4
  }

  expect_failures = [output.zones]
}
