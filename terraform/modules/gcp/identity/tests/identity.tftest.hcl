# Needs no account: responses of Google are mocked.

mock_provider "google" {}

variables {
  project_number = "123456789012"
  workload_pool  = "demo-project.svc.id.goog"
  bucket_name    = "bucket"
  accounts = {
    "flows-research" = { namespace = "research", service_account = "flows", write = ["metaflow", "argo"] }
    ui               = { namespace = "mfinfra", service_account = "ui-backend", read = ["metaflow"] }
  }
}

run "each_has_its_part_and_no_more" {
  command = plan

  assert {
    condition     = google_storage_bucket_iam_member.write["flows-research metaflow"].member == "principal://iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/demo-project.svc.id.goog/subject/ns/research/sa/flows"
    error_message = "Another principal has write access."
  }

  assert {
    condition     = strcontains(google_storage_bucket_iam_member.write["flows-research metaflow"].condition[0].expression, "projects/_/buckets/bucket/objects/metaflow/") && strcontains(google_storage_bucket_iam_member.write["flows-research argo"].condition[0].expression, "projects/_/buckets/bucket/objects/argo/")
    error_message = "Tasks cannot write to their prefix, or can write to the whole bucket."
  }

  assert {
    condition     = length(google_storage_bucket_iam_member.write) == 2 && length(google_storage_bucket_iam_member.read) == 1 && google_storage_bucket_iam_member.read["ui metaflow"].role == "roles/storage.objectViewer"
    error_message = "A principal with read access has write access."
  }
}

run "people" {
  command = plan

  variables {
    people = ["user:ada@example.com"]
  }

  assert {
    condition     = google_storage_bucket_iam_member.people["user:ada@example.com"].role == "roles/storage.objectUser"
    error_message = "A listed user cannot access the bucket."
  }
}

run "everybody_is_refused" {
  command = plan

  variables {
    people = ["allUsers"]
  }

  expect_failures = [var.people]
}

run "the_whole_bucket_is_refused" {
  command = plan

  variables {
    accounts = { task = { namespace = "a", service_account = "flows", write = ["\") || true || (\""] } }
  }

  expect_failures = [var.accounts]
}
