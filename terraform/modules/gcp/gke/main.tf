# The cluster. Its nodes have no public address, its pods are known to Google by their service accounts, and no key of
# an account is in a file anywhere.

locals {
  location = var.high_availability ? var.region : var.zones[0]

  # A zonal cluster has its own zone anyway.
  node_locations = var.high_availability ? var.zones : slice(var.zones, 1, length(var.zones))

  # Nobody named means everybody for an address of the internet, and the network itself for one that is not.
  allowed = length(var.allow_cidrs) > 0 ? var.allow_cidrs : var.endpoint == "public" ? ["0.0.0.0/0"] : []

  # Addresses come to nodes in blocks, twice as many as the pods they may have.
  addresses = var.network.pods_cidr == null ? null : pow(2, 32 - tonumber(split("/", var.network.pods_cidr)[1]))
  asked     = sum([for pool in local.pools : pool.max_nodes * pool.max_pods * 2])
}

resource "google_container_cluster" "this" {
  #checkov:skip=CKV_GCP_18:endpoint and allow of the stack file decide
  #checkov:skip=CKV_GCP_21:the tags of the stack file are its labels
  #checkov:skip=CKV_GCP_65:groups of RBAC need a Workspace domain, which a stack does not know
  project             = var.project
  name                = var.name
  location            = local.location
  node_locations      = local.node_locations
  network             = var.network.network
  subnetwork          = var.network.subnetwork
  networking_mode     = "VPC_NATIVE"
  datapath_provider   = "ADVANCED_DATAPATH"
  min_master_version  = var.kubernetes_version
  resource_labels     = var.labels
  deletion_protection = var.deletion_protection

  # Dataplane V2 enforces network policies by itself; this is for the older kind.
  network_policy {
    enabled = false
  }

  enable_shielded_nodes       = true
  enable_intranode_visibility = true
  enable_legacy_abac          = false
  default_max_pods_per_node   = 32

  # A cluster cannot begin without nodes. These go at once; the pools are below.
  initial_node_count       = 1
  remove_default_node_pool = true

  node_config {
    disk_type         = "pd-standard"
    disk_size_gb      = 30
    service_account   = google_service_account.nodes.email
    oauth_scopes      = ["https://www.googleapis.com/auth/cloud-platform"]
    boot_disk_kms_key = var.kms_key_id

    shielded_instance_config {
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }

    workload_metadata_config {
      mode = "GKE_METADATA"
    }
  }

  release_channel {
    channel = var.release_channel
  }

  ip_allocation_policy {
    cluster_secondary_range_name  = var.network.pods_range
    services_secondary_range_name = var.network.services_range
  }

  private_cluster_config {
    enable_private_nodes    = true
    enable_private_endpoint = var.endpoint == "private"
  }

  master_authorized_networks_config {
    gcp_public_cidrs_access_enabled = false

    dynamic "cidr_blocks" {
      for_each = toset(local.allowed)

      content {
        cidr_block = cidr_blocks.key
      }
    }
  }

  master_auth {
    client_certificate_config {
      issue_client_certificate = false
    }
  }

  workload_identity_config {
    workload_pool = "${var.project}.svc.id.goog"
  }

  dynamic "database_encryption" {
    for_each = var.use_kms_key ? [1] : []

    content {
      state    = "ENCRYPTED"
      key_name = var.kms_key_id
    }
  }

  # The project's policy decides; as long as nobody has made one, it lets every image in.
  binary_authorization {
    evaluation_mode = "PROJECT_SINGLETON_POLICY_ENFORCE"
  }

  # Nodes that nobody needs go soon.
  cluster_autoscaling {
    autoscaling_profile = "OPTIMIZE_UTILIZATION"
  }

  logging_config {
    enable_components = ["SYSTEM_COMPONENTS", "WORKLOADS"]
  }

  monitoring_config {
    enable_components = ["SYSTEM_COMPONENTS"]

    managed_prometheus {
      enabled = true
    }
  }

  cost_management_config {
    enabled = true
  }

  # At weekends.
  maintenance_policy {
    recurring_window {
      start_time = "2026-01-03T01:00:00Z"
      end_time   = "2026-01-03T09:00:00Z"
      recurrence = "FREQ=WEEKLY;BYDAY=SA,SU"
    }
  }

  lifecycle {
    # What the first nodes were made of; they have gone.
    ignore_changes = [node_config, initial_node_count]

    precondition {
      condition     = local.addresses == null ? true : local.asked <= local.addresses
      error_message = "With the maximum number of nodes of all pools, pods need ${local.asked} addresses, but the network has ${coalesce(local.addresses, 0)}. Use a larger network or smaller pools."
    }
  }

  timeouts {
    create = "45m"
    update = "90m"
    delete = "45m"
  }

  depends_on = [google_project_iam_member.nodes]
}

# Webhooks of charts listen where the control plane is not let in by default.
resource "google_compute_firewall" "webhooks" {
  project       = regex("projects/([^/]+)/", var.network.network)[0]
  name          = "${var.name}-webhooks"
  description   = "The control plane of ${var.name} to webhooks in the cluster"
  network       = var.network.network
  direction     = "INGRESS"
  source_ranges = ["${google_container_cluster.this.private_cluster_config[0].private_endpoint}/32"]
  target_tags   = [local.tag]

  allow {
    protocol = "tcp"
    ports    = ["8443", "9443"]
  }
}
