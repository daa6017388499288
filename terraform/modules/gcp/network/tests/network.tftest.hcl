# Needs no account: responses of Google are mocked.

mock_provider "google" {}

variables {
  name    = "demo"
  project = "demo-project"
  region  = "europe-west1"
  cidr    = "10.20.0.0/16"
  zones   = 3
}

run "ranges_do_not_share_addresses" {
  command = plan

  assert {
    condition     = google_compute_subnetwork.this.ip_cidr_range == "10.20.128.0/19" && [for range in google_compute_subnetwork.this.secondary_ip_range : range.ip_cidr_range] == ["10.20.0.0/17", "10.20.160.0/19"]
    error_message = "Nodes, pods or services have other addresses."
  }

  assert {
    condition     = google_compute_global_address.database.address == "10.20.192.0" && google_compute_global_address.database.prefix_length == 19
    error_message = "The database has other addresses."
  }

  assert {
    condition     = google_compute_subnetwork.this.private_ip_google_access && google_service_networking_connection.this.deletion_policy == "ABANDON"
    error_message = "Google services are not reachable, or the network could not be deleted."
  }
}

run "the_smallest_network_has_room_for_a_database" {
  command = plan

  variables {
    cidr = "10.20.0.0/21"
  }

  assert {
    condition     = google_compute_global_address.database.prefix_length == 24
    error_message = "Google wants 256 addresses for its databases."
  }
}

run "one_address_out" {
  command = plan

  assert {
    condition     = length(google_compute_address.nat) == 1 && google_compute_router_nat.this[0].nat_ip_allocate_option == "MANUAL_ONLY"
    error_message = "Outbound connections have no static address."
  }
}

run "an_address_for_each_zone" {
  command = plan

  variables {
    nat = "per_zone"
  }

  assert {
    condition     = length(google_compute_address.nat) == 3
    error_message = "There are not as many addresses as zones."
  }
}

run "no_way_out" {
  command = plan

  variables {
    nat = "none"
  }

  assert {
    condition     = length(google_compute_router_nat.this) == 0 && length(google_compute_router.this) == 0
    error_message = "The network has outbound internet access."
  }
}

run "what_nobody_lets_in_stays_out_and_is_logged" {
  command = plan

  variables {
    flow_logs = true
  }

  assert {
    condition     = length(google_compute_firewall.deny.log_config) == 1 && length(google_compute_subnetwork.this.log_config) == 1
    error_message = "Connections are not logged."
  }
}

run "other_networks_are_refused" {
  command = plan

  variables {
    cidr = "10.20.0.0/24"
    nat  = "two"
  }

  expect_failures = [var.cidr, var.nat]
}
