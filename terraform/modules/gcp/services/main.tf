# APIs of the project. They are enabled and never disabled, because other resources of the project can use them.

locals {
  # APIs that planning itself needs. Do not extend this list: data sources that depend on it would be unknown
  # whenever it grows, and a cluster whose location is unknown is replaced.
  first = toset(["cloudresourcemanager.googleapis.com", "compute.googleapis.com"])

  # Some zones of a region are for accelerators only, and have longer names.
  zones = sort([for name in data.google_compute_zones.this.names : name if can(regex("^${var.region}-[a-z]$", name))])
}

resource "google_project_service" "first" {
  for_each = local.first

  project            = var.project
  service            = each.key
  disable_on_destroy = false
}

resource "google_project_service" "this" {
  for_each = setsubtract(var.services, local.first)

  project            = var.project
  service            = each.key
  disable_on_destroy = false
}

# An API is available some time after it has been enabled.
resource "time_sleep" "first" {
  create_duration = "60s"

  depends_on = [google_project_service.first]
}

resource "time_sleep" "this" {
  create_duration = "60s"

  triggers = {
    services = join(" ", sort(var.services))
  }

  depends_on = [google_project_service.this]
}

data "google_project" "this" {
  project_id = var.project

  depends_on = [time_sleep.first]
}

# All zones, including unavailable ones: a zone that is unavailable for an hour must not move the others.
data "google_compute_zones" "this" {
  project = var.project
  region  = var.region

  depends_on = [time_sleep.first]
}
