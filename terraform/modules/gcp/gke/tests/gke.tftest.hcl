# Needs no account: responses of Google are mocked.

mock_provider "google" {
  mock_resource "google_container_cluster" {
    defaults = {
      endpoint    = "203.0.113.7"
      master_auth = [{ cluster_ca_certificate = "Y2E=", client_certificate = "", client_key = "" }]
    }
  }
}

variables {
  name               = "demo"
  project            = "demo-project"
  region             = "europe-west1"
  zones              = ["europe-west1-b", "europe-west1-c"]
  kubernetes_version = "1.35"
  labels             = {}
  default_pool       = "cpu"

  network = {
    network        = "projects/demo-project/global/networks/demo"
    subnetwork     = "projects/demo-project/regions/europe-west1/subnetworks/demo"
    pods_range     = "pods"
    pods_cidr      = "10.20.0.0/17"
    services_range = "services"
  }

  node_pools = {
    cpu = { machine_types = ["e2-standard-4"], spot = false, gpu = false, min_nodes = 0, max_nodes = 10, disk_gb = 100 }
    gpu = { machine_types = ["g2-standard-24"], spot = true, gpu = true, min_nodes = 0, max_nodes = 2, disk_gb = 100 }
  }
}

run "private_nodes_without_keys" {
  command = plan

  assert {
    condition     = google_container_cluster.this.private_cluster_config[0].enable_private_nodes && alltrue([for pool in google_container_node_pool.this : pool.network_config[0].enable_private_nodes])
    error_message = "A node has a public address."
  }

  assert {
    condition     = google_container_cluster.this.workload_identity_config[0].workload_pool == "demo-project.svc.id.goog" && alltrue([for pool in google_container_node_pool.this : pool.node_config[0].workload_metadata_config[0].mode == "GKE_METADATA"])
    error_message = "Pods would act as the node."
  }

  assert {
    condition     = google_project_iam_member.nodes.role == "roles/container.defaultNodeServiceAccount"
    error_message = "Nodes have more permissions than they need."
  }

  assert {
    condition     = google_container_cluster.this.location == "europe-west1-b" && google_container_cluster.this.node_locations == toset(["europe-west1-c"])
    error_message = "The location of the cluster is wrong."
  }
}

run "pools_scale_to_zero_and_one_does_not" {
  command = plan

  assert {
    condition     = google_container_node_pool.this["cpu"].autoscaling[0].total_min_node_count == 0 && google_container_node_pool.this["system"].autoscaling[0].total_min_node_count == 1
    error_message = "A pool costs something when idle, or there is no pool for the services."
  }

  assert {
    condition     = google_container_node_pool.this["gpu"].node_config[0].guest_accelerator[0].type == "nvidia-l4" && google_container_node_pool.this["gpu"].node_config[0].guest_accelerator[0].count == 2 && google_container_node_pool.this["gpu"].node_config[0].guest_accelerator[0].gpu_driver_installation_config[0].gpu_driver_version == "DEFAULT"
    error_message = "The GPUs are wrong, or have no driver."
  }

  assert {
    condition     = google_container_node_pool.this["gpu"].node_config[0].taint[0].key == "mfinfra.dev/spot" && length(google_container_node_pool.this["cpu"].node_config[0].taint) == 0
    error_message = "Spot nodes have no taint, or other nodes have one."
  }

  assert {
    condition     = [for toleration in output.tolerations : toleration.key] == ["mfinfra.dev/spot", "nvidia.com/gpu"]
    error_message = "Tasks do not tolerate the taint of a pool."
  }
}

run "regional_private_and_encrypted" {
  command = plan

  variables {
    high_availability = true
    endpoint          = "private"
    use_kms_key       = true
    kms_key_id        = "projects/p/locations/europe-west1/keyRings/r/cryptoKeys/k"
  }

  assert {
    condition     = google_container_cluster.this.location == "europe-west1" && google_container_cluster.this.private_cluster_config[0].enable_private_endpoint && length(google_container_cluster.this.master_authorized_networks_config[0].cidr_blocks) == 0
    error_message = "The API server is in one zone only, or public."
  }

  assert {
    condition     = google_container_cluster.this.database_encryption[0].state == "ENCRYPTED" && alltrue([for pool in google_container_node_pool.this : pool.node_config[0].boot_disk_kms_key == "projects/p/locations/europe-west1/keyRings/r/cryptoKeys/k"])
    error_message = "The key is not used."
  }
}

run "only_those_that_are_named_reach_the_api" {
  command = plan

  variables {
    allow_cidrs = ["192.0.2.0/24"]
  }

  assert {
    condition     = [for block in google_container_cluster.this.master_authorized_networks_config[0].cidr_blocks : block.cidr_block] == ["192.0.2.0/24"]
    error_message = "Other clients can reach the API server."
  }
}

run "large_machines_have_room_for_more_pods" {
  command = plan

  assert {
    condition     = google_container_node_pool.this["cpu"].max_pods_per_node == 32 && google_container_node_pool.this["gpu"].max_pods_per_node == 64
    error_message = "Nodes have another maximum number of pods."
  }
}

run "more_nodes_than_addresses_are_refused" {
  command = plan

  variables {
    network = {
      network        = "projects/demo-project/global/networks/demo"
      subnetwork     = "projects/demo-project/regions/europe-west1/subnetworks/demo"
      pods_range     = "pods"
      pods_cidr      = "10.20.0.0/23"
      services_range = "services"
    }
  }

  expect_failures = [google_container_cluster.this]
}

run "machines_that_fit_no_pool_are_refused" {
  command = plan

  variables {
    node_pools = {
      cpu = { machine_types = ["e2-standard-4"], spot = false, gpu = true, min_nodes = 0, max_nodes = 1, disk_gb = 100 }
    }
  }

  expect_failures = [var.node_pools]
}

run "two_machine_types_are_refused" {
  command = plan

  variables {
    node_pools = {
      cpu = { machine_types = ["e2-standard-4", "n2-standard-4"], spot = false, gpu = false, min_nodes = 0, max_nodes = 1, disk_gb = 100 }
    }
  }

  expect_failures = [var.node_pools]
}

run "tasks_tolerate_the_taint_of_arm_nodes" {
  command = plan

  variables {
    node_pools = {
      cpu = { machine_types = ["c4a-standard-4"], spot = false, gpu = false, min_nodes = 0, max_nodes = 10, disk_gb = 100 }
    }
  }

  assert {
    condition     = contains(output.tolerations[*].key, "kubernetes.io/arch")
    error_message = "Tasks would not start on ARM nodes."
  }
}
