variable "allow_cidrs" {
  description = "Addresses that may reach the API; where empty, all for a public one, and the network alone for a private one."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for cidr in var.allow_cidrs : can(cidrnetmask(cidr))])
    error_message = "allow_cidrs are networks, as 192.0.2.0/24."
  }
}

variable "default_pool" {
  description = "The pool of tasks that name none."
  type        = string

  validation {
    condition     = contains(keys(var.node_pools), var.default_pool)
    error_message = "default_pool is none of node_pools."
  }
}

variable "deletion_protection" {
  description = "Refuse removal."
  type        = bool
  default     = false
}

variable "endpoint" {
  description = "Where the API is: public, or private."
  type        = string
  default     = "public"

  validation {
    condition     = contains(["public", "private"], var.endpoint)
    error_message = "endpoint is public or private."
  }
}

variable "high_availability" {
  description = "A regional cluster: the control plane is in three zones."
  type        = bool
  default     = false
}

variable "kms_key_id" {
  description = "Id of the key that encrypts secrets and disks; null for the keys of Google."
  type        = string
  default     = null
}

variable "kubernetes_version" {
  description = "Oldest version of Kubernetes, as 1.34."
  type        = string
}

variable "labels" {
  description = "Labels of cluster and nodes."
  type        = map(string)
}

variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "network" {
  description = "Where the cluster goes. Ranges that are null are made by GKE."
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
    error_message = "A pool is lower-case letters, digits and hyphens, 40 at most, a letter first; system is the stack's own."
  }

  validation {
    condition     = alltrue([for pool in var.node_pools : length(pool.machine_types) == 1])
    error_message = "A pool of GKE has one machine type. Make a pool for each."
  }

  validation {
    condition     = alltrue([for pool in var.node_pools : !pool.gpu || contains(keys(local.accelerators), pool.machine_types[0])])
    error_message = "A pool with gpu has a machine type with GPUs: ${join(", ", keys(local.accelerators))}."
  }

  validation {
    condition     = alltrue([for pool in var.node_pools : pool.min_nodes >= 0 && pool.max_nodes >= max(pool.min_nodes, 1)])
    error_message = "min_nodes is 0 or more, max_nodes is 1 or more and not less than min_nodes."
  }
}

variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Region of Google Cloud."
  type        = string
}

variable "release_channel" {
  description = "How soon new versions come: RAPID, REGULAR, STABLE or EXTENDED."
  type        = string
  default     = "REGULAR"

  validation {
    condition     = contains(["RAPID", "REGULAR", "STABLE", "EXTENDED"], var.release_channel)
    error_message = "release_channel is RAPID, REGULAR, STABLE or EXTENDED."
  }
}

variable "system_machine_type" {
  description = "Machine type of the pool of charts and services."
  type        = string
  default     = "e2-standard-2"
}

variable "use_kms_key" {
  description = "Whether kms_key_id is given; the id itself may be known only when it is made."
  type        = bool
  default     = false
}

variable "zones" {
  description = "Zones of the nodes."
  type        = list(string)
}
