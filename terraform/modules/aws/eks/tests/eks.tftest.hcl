# Needs no account: data sources of AWS are mocked.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

override_data {
  target = data.aws_eks_addon_version.this
  values = { version = "v1.0.0-eksbuild.1" }
}

variables {
  name               = "demo"
  kubernetes_version = "1.35"
  subnet_ids         = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  bucket_arn         = "arn:aws:s3:::bucket"
  database           = { security_group = "sg-0123456789abcdef0", port = 5432 }
  namespaces         = ["flows", "research"]
  default_pool       = "cpu"
  pools = {
    cpu = { machine_types = [], spot = false, gpu = false, min_nodes = 0, max_nodes = 10, disk_gb = 100 }
    gpu = { machine_types = ["g5.xlarge"], spot = true, gpu = true, min_nodes = 0, max_nodes = 4, disk_gb = 200 }
    arm = { machine_types = ["m7g.xlarge", "c7gn.xlarge"], spot = false, gpu = false, min_nodes = 0, max_nodes = 4, disk_gb = 100 }
  }
}

run "nodes" {
  command = plan

  assert {
    condition     = { for name, group in aws_eks_node_group.this : name => group.ami_type } == { arm = "AL2023_ARM_64_STANDARD", cpu = "AL2023_x86_64_STANDARD", gpu = "AL2023_x86_64_NVIDIA", system = "AL2023_x86_64_STANDARD" }
    error_message = "A group has an image for other instance types."
  }

  assert {
    condition     = alltrue([for template in aws_launch_template.this : template.metadata_options[0].http_tokens == "required" && template.metadata_options[0].http_put_response_hop_limit == 1 && template.block_device_mappings[0].ebs[0].encrypted == "true"])
    error_message = "A pod can use the permissions of the node, or a disk is not encrypted."
  }

  assert {
    condition     = alltrue([for name, group in aws_eks_node_group.this : group.scaling_config[0].min_size == (name == "system" ? 1 : 0)])
    error_message = "A pool costs something when idle."
  }

  assert {
    condition     = aws_autoscaling_group_tag.this["gpu taint nvidia.com/gpu"].tag[0].value == "present:NoSchedule" && aws_autoscaling_group_tag.this["cpu label mfinfra.dev/pool"].tag[0].value == "cpu"
    error_message = "The autoscaler cannot read the labels and taints of an empty group."
  }

  assert {
    condition     = length(output.tolerations) == 2 && output.node_selector == { "mfinfra.dev/pool" = "cpu" }
    error_message = "A task that selects a pool would not tolerate its taint."
  }
}

run "identities" {
  command = plan

  assert {
    condition     = keys(aws_eks_pod_identity_association.task) == ["flows", "research"] && aws_eks_pod_identity_association.task["flows"].service_account == "flows"
    error_message = "Tasks of a namespace have no identity."
  }

  assert {
    condition     = aws_eks_cluster.this.access_config[0].authentication_mode == "API" && !aws_eks_cluster.this.bootstrap_self_managed_addons
    error_message = "Access is configured with the aws-auth ConfigMap."
  }
}

run "private" {
  command = plan

  variables {
    endpoint    = "private"
    use_kms_key = true
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/x"
  }

  assert {
    condition     = !aws_eks_cluster.this.vpc_config[0].endpoint_public_access && aws_eks_cluster.this.vpc_config[0].endpoint_private_access
    error_message = "The API is reachable from outside."
  }

  assert {
    condition     = aws_eks_cluster.this.encryption_config[0].provider[0].key_arn == "arn:aws:kms:us-east-1:123456789012:key/x"
    error_message = "Secrets are not encrypted with the stack's key."
  }
}

run "a_pool_named_system_is_refused" {
  command = plan

  variables {
    default_pool = "system"
    pools        = { system = { machine_types = [], spot = false, gpu = false, min_nodes = 0, max_nodes = 1, disk_gb = 100 } }
  }

  expect_failures = [var.pools]
}

run "services" {
  command = plan

  variables {
    services = {
      reader  = { namespace = "x", service_account = "reader", read = ["a"] }
      checker = { namespace = "x", service_account = "checker", read = ["a/b"], write = ["c"], checks_bucket = true }
    }
  }

  assert {
    condition     = jsondecode(data.aws_iam_policy_document.service["reader"].json).Statement[0].Condition.StringLike["s3:prefix"] == ["a", "a/*"] && length(jsondecode(data.aws_iam_policy_document.service["reader"].json).Statement) == 2
    error_message = "A service that reads can list other prefixes, or write."
  }

  assert {
    condition     = !can(jsondecode(data.aws_iam_policy_document.service["checker"].json).Statement[0].Condition) && jsondecode(data.aws_iam_policy_document.service["checker"].json).Statement[2].Resource == "arn:aws:s3:::bucket/c/*"
    error_message = "A service cannot check the bucket, or writes to a prefix that it only reads."
  }
}
