# Nodes: a small group that always runs, for services of the stack, and a group for each pool of tasks, which can scale
# to zero. Pods access AWS only with their own identity: the hop limit keeps them from the credentials of the node.

locals {
  # Graviton instance types have a g after the number of their generation.
  is_arm = { for name, types in local.types : name => alltrue([for type in types : can(regex("^([a-z]+[0-9]+g[a-z]*|p[0-9]+e-gb[0-9]+)[.]", type))]) }
  types = merge(
    { system = var.system_machine_types },
    { for name, pool in var.pools : name => length(pool.machine_types) > 0 ? pool.machine_types : pool.gpu ? ["g5.xlarge"] : ["m6i.xlarge", "m5.xlarge"] },
  )
  system = {
    spot      = false
    gpu       = false
    min_nodes = var.high_availability ? 2 : 1
    max_nodes = 6
    disk_gb   = 50
  }
  groups = merge(
    { system = local.system },
    { for name, pool in var.pools : name => { spot = pool.spot, gpu = pool.gpu, min_nodes = pool.min_nodes, max_nodes = pool.max_nodes, disk_gb = pool.disk_gb } },
  )
  labels = {
    for name, group in local.groups : name => merge(
      { "mfinfra.dev/pool" = name },
      group.gpu ? { "mfinfra.dev/gpu" = "true", "k8s.amazonaws.com/accelerator" = "nvidia" } : {},
      group.spot ? { "mfinfra.dev/spot" = "true" } : {},
    )
  }
  taints = {
    for name, group in local.groups : name => concat(
      name == "system" ? [{ key = "CriticalAddonsOnly", value = "true" }] : [],
      group.gpu ? [{ key = "nvidia.com/gpu", value = "present" }] : [],
      group.spot ? [{ key = "mfinfra.dev/spot", value = "true" }] : [],
    )
  }
  # Labels and taints that the autoscaler cannot read from nodes while a group has none.
  scaler_tags = merge([
    for name in keys(local.groups) : merge(
      { for key, value in local.labels[name] : "${name} label ${key}" => { group = name, key = "k8s.io/cluster-autoscaler/node-template/label/${key}", value = value } },
      { for taint in local.taints[name] : "${name} taint ${taint.key}" => { group = name, key = "k8s.io/cluster-autoscaler/node-template/taint/${taint.key}", value = "${taint.value}:NoSchedule" } },
    )
  ]...)
  tolerated = distinct(flatten([for name in keys(var.pools) : local.taints[name]]))
}

resource "aws_launch_template" "this" {
  for_each = local.groups

  name_prefix            = "${var.name}-${each.key}-"
  update_default_version = true

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_size           = each.value.disk_gb
      volume_type           = "gp3"
      encrypted             = true
      delete_on_termination = true
    }
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  dynamic "tag_specifications" {
    for_each = toset(["instance", "volume"])

    content {
      resource_type = tag_specifications.value
      tags          = merge(var.tags, { Name = "${var.name}-${each.key}" })
    }
  }
}

resource "aws_eks_node_group" "this" {
  for_each = local.groups

  cluster_name           = aws_eks_cluster.this.name
  node_group_name_prefix = "${substr(var.name, 0, 35 - length(each.key))}-${each.key}-" # at most 37 characters
  node_role_arn          = aws_iam_role.nodes.arn
  subnet_ids             = var.subnet_ids
  version                = aws_eks_cluster.this.version
  instance_types         = local.types[each.key]
  capacity_type          = each.value.spot ? "SPOT" : "ON_DEMAND"
  ami_type               = "AL2023_${local.is_arm[each.key] ? "ARM_64" : "x86_64"}_${each.value.gpu ? "NVIDIA" : "STANDARD"}"
  labels                 = local.labels[each.key]

  launch_template {
    id      = aws_launch_template.this[each.key].id
    version = aws_launch_template.this[each.key].latest_version
  }

  scaling_config {
    min_size     = each.value.min_nodes
    max_size     = each.value.max_nodes
    desired_size = each.value.min_nodes
  }

  dynamic "taint" {
    for_each = local.taints[each.key]

    content {
      key    = taint.value.key
      value  = taint.value.value
      effect = "NO_SCHEDULE"
    }
  }

  update_config {
    max_unavailable = 1
  }

  node_repair_config {
    enabled = true
  }

  # The autoscaler sets the number of nodes. For another instance type, a new group is created before the old one is deleted.
  lifecycle {
    create_before_destroy = true
    ignore_changes        = [scaling_config[0].desired_size]
  }

  # A node becomes ready only after these two.
  depends_on = [aws_eks_addon.network, aws_iam_role_policy_attachment.nodes]
}

resource "aws_autoscaling_group_tag" "this" {
  for_each = local.scaler_tags

  autoscaling_group_name = aws_eks_node_group.this[each.value.group].resources[0].autoscaling_groups[0].name

  tag {
    key                 = each.value.key
    value               = each.value.value
    propagate_at_launch = false
  }
}

resource "aws_iam_role" "nodes" {
  name                 = "${local.role_prefix}-nodes"
  assume_role_policy   = data.aws_iam_policy_document.trust["nodes"].json
  permissions_boundary = var.permissions_boundary
}

# A node joins the cluster and pulls images. Everything else, including network and disks, is done by pods with their own identities.
resource "aws_iam_role_policy_attachment" "nodes" {
  for_each = toset(["AmazonEKSWorkerNodeMinimalPolicy", "AmazonEC2ContainerRegistryPullOnly"])

  role       = aws_iam_role.nodes.name
  policy_arn = "${local.policies}/${each.key}"
}
