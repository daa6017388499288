# Private services access for the database: a range of this network, and a peering with Google's network.

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

  # Google keeps its side for days after a database has been deleted, and would reject deletion. It is deleted with the network.
  deletion_policy = "ABANDON"
}
