# Who may use the bucket. Pods are known by namespace and service account; there are no accounts of Google to borrow,
# and no keys. Each may use the parts that it needs: the name of an object says which, and for lists the prefix asked for.

locals {
  principal = "principal://iam.googleapis.com/projects/${var.project_number}/locations/global/workloadIdentityPools/${var.workload_pool}/subject"
  members   = { for key, account in var.accounts : key => "${local.principal}/ns/${account.namespace}/sa/${account.service_account}" }

  objects = "projects/_/buckets/${var.bucket_name}/objects"
  parts = {
    for prefix in toset(flatten([for account in var.accounts : concat(account.read, account.write)])) :
    prefix => "resource.name.startsWith(\"${local.objects}/${prefix}/\") || api.getAttribute(\"storage.googleapis.com/objectListPrefix\", \"\").startsWith(\"${prefix}/\")"
  }
}

resource "google_storage_bucket_iam_member" "write" {
  for_each = { for key, account in var.accounts : key => account.write if length(account.write) > 0 }

  bucket = var.bucket_name
  role   = "roles/storage.objectUser"
  member = local.members[each.key]

  condition {
    title      = "parts of the bucket"
    expression = join(" || ", [for prefix in each.value : local.parts[prefix]])
  }
}

resource "google_storage_bucket_iam_member" "read" {
  for_each = { for key, account in var.accounts : key => account.read if length(account.read) > 0 }

  bucket = var.bucket_name
  role   = "roles/storage.objectViewer"
  member = local.members[each.key]

  condition {
    title      = "parts of the bucket"
    expression = join(" || ", [for prefix in each.value : local.parts[prefix]])
  }
}

resource "google_storage_bucket_iam_member" "people" {
  for_each = var.people

  bucket = var.bucket_name
  role   = "roles/storage.objectUser"
  member = each.key
}
