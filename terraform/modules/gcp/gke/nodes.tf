# Node pools. The service account of nodes can pull images and write logs and metrics, nothing else.

locals {
  tag          = "${var.name}-nodes"
  system_nodes = 6
  account_id   = "${substr(var.name, 0, 17)}-nodes-${substr(sha256(var.name), 0, 6)}"

  # The system pool, which is never empty: GKE's own pods, charts, services of the stack. It has no taint, because not all of
  # GKE's pods tolerate one, and each that does not would keep a node of another pool running.
  pools = merge(
    {
      for name, pool in var.node_pools : name => merge(pool, {
        machine_type = pool.machine_types[0]
        # About 12 pods are GKE's own. Nodes with 16 CPUs and more can run more tasks.
        max_pods = try(tonumber(regex("-([0-9]+)", pool.machine_types[0])[0]) >= 16, false) ? 64 : 32
      })
    },
    {
      system = {
        machine_type = var.system_machine_type
        max_pods     = 64
        spot         = false
        gpu          = false
        min_nodes    = var.high_availability ? 2 : 1
        max_nodes    = local.system_nodes
        disk_gb      = 50
      }
    },
  )

  labels = {
    for name, pool in local.pools : name => merge(
      { "mfinfra.dev/pool" = name },
      pool.gpu ? { "mfinfra.dev/gpu" = "true" } : {},
      pool.spot ? { "mfinfra.dev/spot" = "true" } : {},
    )
  }

  # Newer machine families support only newer disk types.
  hyperdisk = ["n4", "n4a", "n4d", "c4", "c4a", "c4d", "g4", "a4", "a4x"]
}

resource "google_service_account" "nodes" {
  project      = var.project
  account_id   = local.account_id
  display_name = "Nodes of ${var.name}"
}

resource "google_project_iam_member" "nodes" {
  project = var.project
  role    = "roles/container.defaultNodeServiceAccount"
  member  = google_service_account.nodes.member
}

resource "google_container_node_pool" "this" {
  for_each = local.pools

  project            = var.project
  name               = each.key
  cluster            = google_container_cluster.this.id
  location           = google_container_cluster.this.location
  initial_node_count = ceil(each.value.min_nodes / length(var.zones))
  max_pods_per_node  = each.value.max_pods

  autoscaling {
    total_min_node_count = each.value.min_nodes
    total_max_node_count = each.value.max_nodes
    location_policy      = each.value.spot || each.value.gpu ? "ANY" : "BALANCED"
  }

  management {
    auto_repair  = true
    auto_upgrade = true
  }

  network_config {
    enable_private_nodes = true
  }

  node_config {
    machine_type      = each.value.machine_type
    image_type        = "COS_CONTAINERD"
    disk_type         = contains(local.hyperdisk, split("-", each.value.machine_type)[0]) ? "hyperdisk-balanced" : "pd-balanced"
    disk_size_gb      = each.value.disk_gb
    boot_disk_kms_key = var.kms_key_id
    spot              = each.value.spot
    service_account   = google_service_account.nodes.email
    oauth_scopes      = ["https://www.googleapis.com/auth/cloud-platform"]
    tags              = [local.tag]
    labels            = local.labels[each.key]
    resource_labels   = var.labels
    metadata          = { "disable-legacy-endpoints" = "true" }

    shielded_instance_config {
      enable_secure_boot          = true
      enable_integrity_monitoring = true
    }

    workload_metadata_config {
      mode = "GKE_METADATA"
    }

    kubelet_config {
      insecure_kubelet_readonly_port_enabled = "FALSE"
    }

    # GKE installs the driver, and taints the nodes with nvidia.com/gpu itself.
    dynamic "guest_accelerator" {
      for_each = each.value.gpu ? [local.accelerators[each.value.machine_type]] : []

      content {
        type  = guest_accelerator.value.type
        count = guest_accelerator.value.count

        gpu_driver_installation_config {
          gpu_driver_version = "DEFAULT"
        }
      }
    }

    dynamic "taint" {
      for_each = each.value.spot ? [1] : []

      content {
        key    = "mfinfra.dev/spot"
        value  = "true"
        effect = "NO_SCHEDULE"
      }
    }
  }

  lifecycle {
    ignore_changes = [initial_node_count]
  }

  timeouts {
    create = "45m"
    update = "90m"
    delete = "45m"
  }
}
