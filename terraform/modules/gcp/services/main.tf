# What the project can do. Services are switched on and never off: others in the project may use them too.

locals {
  # Those that planning itself needs. This list stays as it is: what is read with their help would else be unknown
  # whenever it grew, and a cluster whose place is unknown is planned anew.
  first = toset(["cloudresourcemanager.googleapis.com", "compute.googleapis.com"])

  # A region may have zones for accelerators alone, which have longer names.
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

# A service answers some time after it was switched on.
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

# All zones, those that are down too: a zone that is down for an hour must not move the others.
data "google_compute_zones" "this" {
  project = var.project
  region  = var.region

  depends_on = [time_sleep.first]
}
