provider "google-beta" {
  project = "p1-abcdef"
  region  = "europe-west1"
}

resource "google_project_service_identity" "sql" {
  provider = google-beta
  service  = "sqladmin.googleapis.com"
}

output "agent" { value = google_project_service_identity.sql.member }
