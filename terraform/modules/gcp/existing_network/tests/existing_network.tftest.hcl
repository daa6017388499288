# Needs no account: responses of Google are mocked.

mock_provider "google" {
  mock_data "google_compute_subnetwork" {
    defaults = {
      network                  = "https://www.googleapis.com/compute/v1/projects/host/global/networks/ours"
      private_ip_google_access = true
      secondary_ip_range       = [{ range_name = "my-pods", ip_cidr_range = "10.44.0.0/16" }, { range_name = "my-services", ip_cidr_range = "10.45.0.0/20" }]
    }
  }
}

variables {
  project    = "demo-project"
  region     = "europe-west1"
  network    = "projects/host/global/networks/ours"
  subnetwork = "projects/host/regions/europe-west1/subnetworks/flows"
}

run "ranges_are_found_by_their_names" {
  command = plan

  assert {
    condition     = output.cluster_network.pods_range == "my-pods" && output.cluster_network.services_range == "my-services" && output.cluster_network.pods_cidr == "10.44.0.0/16"
    error_message = "The CIDR ranges are wrong."
  }

  assert {
    condition     = data.google_compute_network.this.project == "host" && data.google_compute_subnetwork.this.name == "flows"
    error_message = "Another network is read."
  }
}

run "a_subnetwork_of_another_network_is_refused" {
  command = plan

  variables {
    network = "theirs"
  }

  expect_failures = [data.google_compute_subnetwork.this]
}

run "a_subnetwork_without_a_way_to_google_is_refused" {
  command = plan

  override_data {
    target = data.google_compute_subnetwork.this
    values = { network = "projects/host/global/networks/ours", private_ip_google_access = false, secondary_ip_range = [] }
  }

  expect_failures = [data.google_compute_subnetwork.this]
}

run "one_range_alone_is_refused" {
  command = plan

  override_data {
    target = data.google_compute_subnetwork.this
    values = {
      network                  = "projects/host/global/networks/ours"
      private_ip_google_access = true
      secondary_ip_range       = [{ range_name = "pods", ip_cidr_range = "10.44.0.0/16" }]
    }
  }

  expect_failures = [output.cluster_network]
}
