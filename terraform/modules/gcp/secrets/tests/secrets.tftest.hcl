# Needs no account: responses of Google are mocked.

mock_provider "google" {}

variables {
  name           = "demo"
  project        = "demo-project"
  project_number = "123456789012"
  members        = { "flows-a" = "principal://a", "flows-b" = "principal://b" }
}

run "secrets_of_the_stack" {
  command = plan

  assert {
    condition     = alltrue([for grant in google_project_iam_member.prefix : grant.condition[0].expression == "resource.name.startsWith(\"projects/123456789012/secrets/demo_\")"])
    error_message = "Tasks have access to other secrets."
  }

  assert {
    condition     = output.runtime_config["METAFLOW_GCP_SECRET_MANAGER_PREFIX"] == "projects/123456789012/secrets/"
    error_message = "The runtime settings point to another location."
  }
}

run "those_that_are_named" {
  command = plan

  variables {
    allow = ["shared", "projects/other/secrets/theirs"]
  }

  assert {
    condition     = length(google_secret_manager_secret_iam_member.named) == 4 && google_secret_manager_secret_iam_member.named["flows-a projects/other/secrets/theirs"].project == "other" && google_secret_manager_secret_iam_member.named["flows-b shared"].project == "demo-project"
    error_message = "A secret cannot be read."
  }
}

run "other_names_are_refused" {
  command = plan

  variables {
    allow = ["a*"]
  }

  expect_failures = [var.allow]
}
