# Google's side of the network, where the database lives: a range of ours, and a peering.

resource "google_compute_global_address" "database" {
  project       = var.project
  name          = "${var.name}-database"
  network       = google_compute_network.this.id
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  address       = split("/", local.database)[0]
  prefix_length = tonumber(split("/", local.database)[1])
}

resource "google_service_networking_connection" "this" {
  network                 = google_compute_network.this.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.database.name]

  # Google keeps its side for days after a database has gone, and would refuse. The peering goes with the network.
  deletion_policy = "ABANDON"
}
