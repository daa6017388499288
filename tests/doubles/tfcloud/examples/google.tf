provider "google" {
  project        = "p1-abcdef"
  region         = "europe-west1"
  default_labels = { stack = "x" }
}

data "google_project" "p" {}

resource "google_compute_network" "n" {
  name                    = "n"
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "s" {
  name          = "s"
  network       = google_compute_network.n.id
  ip_cidr_range = "10.0.0.0/20"
}

resource "google_storage_bucket" "b" {
  name     = "flows-x"
  location = "EU"
  labels   = { a = "b" }
}

resource "google_container_cluster" "c" {
  name                     = "c"
  location                 = "europe-west1"
  network                  = google_compute_network.n.id
  subnetwork               = google_compute_subnetwork.s.id
  initial_node_count       = 1
  remove_default_node_pool = true
  deletion_protection      = false
}

resource "google_sql_database_instance" "d" {
  name                = "d"
  database_version    = "POSTGRES_17"
  deletion_protection = false
  settings {
    tier = "db-custom-1-3840"
    ip_configuration {
      ipv4_enabled    = false
      private_network = google_compute_network.n.id
    }
  }
}

resource "google_service_account" "a" {
  account_id = "tasks-x"
}

resource "google_storage_bucket_iam_member" "m" {
  bucket = google_storage_bucket.b.name
  role   = "roles/storage.objectUser"
  member = google_service_account.a.member
}

ephemeral "random_password" "p" {
  length = 20
}

resource "google_secret_manager_secret" "s" {
  secret_id = "s"
  replication {
    auto {}
  }
}

resource "google_secret_manager_secret_version" "v" {
  secret                 = google_secret_manager_secret.s.id
  secret_data_wo         = "marked-${ephemeral.random_password.p.result}"
  secret_data_wo_version = 1
}

ephemeral "google_secret_manager_secret_version" "again" {
  secret = google_secret_manager_secret_version.v.secret
}

resource "google_sql_user" "u" {
  name                = "metaflow"
  instance            = google_sql_database_instance.d.name
  password_wo         = ephemeral.google_secret_manager_secret_version.again.secret_data
  password_wo_version = 1
}

output "address" { value = google_sql_database_instance.d.private_ip_address }
output "authority" { value = base64decode(google_container_cluster.c.master_auth[0].cluster_ca_certificate) }
output "labels" { value = google_storage_bucket.b.effective_labels }
output "network" { value = google_compute_network.n.self_link }
output "number" { value = data.google_project.p.number }
output "account" { value = google_service_account.a.email }
