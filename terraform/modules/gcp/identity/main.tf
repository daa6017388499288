# Access to the bucket. Pods are principals by namespace and service account; there are no Google service accounts to
# impersonate, and no keys. Each has the prefixes that it needs: conditions match object names, and the prefix of list requests.

locals {
  principal = "principal://iam.googleapis.com/projects/${var.project_number}/locations/global/workloadIdentityPools/${var.workload_pool}/subject"
  members   = { for key, account in var.accounts : key => "${local.principal}/ns/${account.namespace}/sa/${account.service_account}" }

  objects = "projects/_/buckets/${var.bucket_name}/objects"
  parts = {
    for part in toset(flatten([for account in var.accounts : concat(account.read, account.write)])) :
    part => "resource.name.startsWith(\"${local.objects}/${part}/\") || api.getAttribute(\"storage.googleapis.com/objectListPrefix\", \"\").startsWith(\"${part}/\")"
  }

  # One binding for each prefix: adding a prefix does not interrupt the access of running pods.
  writers = merge([for key, account in var.accounts : { for part in account.write : "${key} ${part}" => { member = local.members[key], part = part } }]...)
  readers = merge([for key, account in var.accounts : { for part in account.read : "${key} ${part}" => { member = local.members[key], part = part } }]...)
}

resource "google_storage_bucket_iam_member" "write" {
  for_each = local.writers

  bucket = var.bucket_name
  role   = "roles/storage.objectUser"
  member = each.value.member

  condition {
    title      = each.value.part
    expression = local.parts[each.value.part]
  }
}

resource "google_storage_bucket_iam_member" "read" {
  for_each = local.readers

  bucket = var.bucket_name
  role   = "roles/storage.objectViewer"
  member = each.value.member

  condition {
    title      = each.value.part
    expression = local.parts[each.value.part]
  }
}

# Some clients first read the metadata of the bucket.
resource "google_storage_bucket_iam_member" "look" {
  for_each = local.members

  bucket = var.bucket_name
  role   = "roles/storage.bucketViewer"
  member = each.value
}

resource "google_storage_bucket_iam_member" "people" {
  for_each = var.people

  bucket = var.bucket_name
  role   = "roles/storage.objectUser"
  member = each.key
}
