variable "allow_cidrs" {
  description = "CIDR ranges that can reach the API server; if empty, all for a public endpoint, and only the network for a private one."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.allow_cidrs : can(cidrnetmask(cidr))])
    error_message = "allow_cidrs must be CIDR ranges, for example 192.0.2.0/24."
  }
}

variable "default_pool" {
  description = "Name of the pool for tasks that select none."
  type        = string

  validation {
    condition     = contains(keys(var.node_pools), var.default_pool)
    error_message = "default_pool must be a name in node_pools."
  }
}

variable "deletion_protection" {
  description = "Whether to enable deletion protection."
  type        = bool
  default     = false
}

variable "endpoint" {
  description = "Endpoint of the API server: public or private."
  type        = string
  default     = "public"

  validation {
    condition     = contains(["public", "private"], var.endpoint)
    error_message = "endpoint must be public or private."
  }
}

variable "high_availability" {
  description = "Whether the cluster is regional, with a control plane in three zones."
  type        = bool
  default     = false
}

variable "kms_key_id" {
  description = "ID of the Cloud KMS key for secrets and disks; null for keys managed by Google."
  type        = string
  default     = null
}

variable "kubernetes_version" {
  description = "Minimum Kubernetes version, for example 1.34."
  type        = string
}

variable "labels" {
  description = "Labels of the cluster and its nodes."
  type        = map(string)
}

variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "network" {
  description = "Network, subnetwork and ranges of the cluster; GKE creates ranges that are null."
  type = object({
    network        = string
    subnetwork     = string
    pods_range     = string
    pods_cidr      = string
    services_range = string
  })
}

variable "node_pools" {
  description = "Pools of nodes by name."
  type = map(object({
    machine_types = list(string)
    spot          = bool
    gpu           = bool
    min_nodes     = number
    max_nodes     = number
    disk_gb       = number
  }))

  validation {
    condition     = alltrue([for name in keys(var.node_pools) : can(regex("^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$", name)) && name != "system"])
    error_message = "The name of a pool must begin with a letter, have at most 40 lower-case letters, digits and hyphens, and must not be system."
  }

  validation {
    condition     = alltrue([for pool in var.node_pools : length(pool.machine_types) == 1])
    error_message = "A pool on GKE must have exactly one machine type. Create a pool for each type."
  }

  validation {
    condition     = alltrue([for pool in var.node_pools : !pool.gpu || contains(keys(local.accelerators), pool.machine_types[0])])
    error_message = "A pool with gpu must have a machine type with GPUs: ${join(", ", keys(local.accelerators))}."
  }

  validation {
    condition     = alltrue([for pool in var.node_pools : pool.min_nodes >= 0 && pool.max_nodes >= max(pool.min_nodes, 1)])
    error_message = "min_nodes must be at least 0, and max_nodes at least 1 and not less than min_nodes."
  }
}

variable "project" {
  description = "ID of the project."
  type        = string
}

variable "region" {
  description = "Google Cloud region."
  type        = string
}

variable "release_channel" {
  description = "Release channel of the cluster: RAPID, REGULAR, STABLE or EXTENDED."
  type        = string
  default     = "REGULAR"

  validation {
    condition     = contains(["RAPID", "REGULAR", "STABLE", "EXTENDED"], var.release_channel)
    error_message = "release_channel must be RAPID, REGULAR, STABLE or EXTENDED."
  }
}

variable "system_machine_type" {
  description = "Machine type of the system pool."
  type        = string
  default     = "e2-standard-2"
}

variable "use_kms_key" {
  description = "Whether kms_key_id is set; the ID itself can be unknown until the key is created."
  type        = bool
  default     = false
}

variable "zones" {
  description = "Zones of the nodes."
  type        = list(string)
}
