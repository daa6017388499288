variable "allow_cidrs" {
  description = "CIDR ranges that can reach a public API server; empty for all."
  type        = list(string)
  default     = []
}

variable "container_rule_id" {
  description = "ID of the data collection rule for containers."
  type        = string
}

variable "default_pool" {
  description = "Name of the pool for tasks that select none."
  type        = string

  validation {
    condition     = contains(keys(var.node_pools), var.default_pool)
    error_message = "default_pool must be a name in node_pools."
  }
}

variable "deployer_id" {
  description = "Object ID of the principal that deploys."
  type        = string
}

variable "disk_encryption_set_id" {
  description = "ID of the disk encryption set for a customer-managed key; null for keys managed by Azure."
  type        = string
  default     = null
}

variable "endpoint" {
  description = "Endpoint of the API server: public, or private for access from the network only."
  type        = string
  default     = "public"

  validation {
    condition     = contains(["public", "private"], var.endpoint)
    error_message = "endpoint must be public or private."
  }
}

variable "high_availability" {
  description = "Whether the API server has the uptime SLA and the system pool has a second node."
  type        = bool
  default     = false
}

variable "host_encryption" {
  description = "Whether to encrypt caches and temporary disks of nodes. The feature Microsoft.Compute/EncryptionAtHost must be registered in the subscription."
  type        = bool
  default     = false
}

variable "kubernetes_version" {
  description = "Kubernetes minor version, for example 1.34. Patch versions are updated automatically."
  type        = string

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.kubernetes_version))
    error_message = "kubernetes_version must be a minor version, for example 1.34."
  }
}

variable "location" {
  description = "Azure region."
  type        = string
}

variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "nat_ips" {
  description = "Public IP addresses of outbound connections."
  type        = list(string)
  default     = []
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
    condition     = alltrue([for name in keys(var.node_pools) : can(regex("^[a-z][a-z0-9]{0,11}$", name)) && !startswith(name, "system")])
    error_message = "The name of a pool must begin with a lower-case letter, have at most 12 lower-case letters and digits, and not begin with system."
  }

  validation {
    condition     = alltrue([for pool in var.node_pools : length(pool.machine_types) == 1])
    error_message = "A pool on Azure must have exactly one machine type. Create a pool for each type."
  }

  validation {
    condition     = alltrue([for pool in var.node_pools : pool.min_nodes <= pool.max_nodes && pool.max_nodes >= 1 && pool.max_nodes <= 1000])
    error_message = "max_nodes of a pool must be 1 to 1000 and not less than its min_nodes."
  }
}

variable "outbound_type" {
  description = "Outbound type of the nodes: userAssignedNATGateway, loadBalancer or userDefinedRouting."
  type        = string
  default     = "userAssignedNATGateway"
}

variable "pod_cidr" {
  description = "CIDR range of pods, with 256 addresses for each node."
  type        = string
}

variable "resource_group_id" {
  description = "ID of the resource group."
  type        = string
}

variable "resource_group_name" {
  description = "Name of the resource group."
  type        = string
}

variable "service_cidr" {
  description = "CIDR range of Kubernetes services."
  type        = string
}

variable "subnet_id" {
  description = "ID of the subnet of the nodes."
  type        = string
}

variable "system_pool" {
  description = "Machine type and size of the system pool."
  type = object({
    machine_type = optional(string, "Standard_D4as_v5")
    max_nodes    = optional(number, 5)
    disk_gb      = optional(number, 64)
  })
  default = {}
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
}

variable "tenant_id" {
  description = "ID of the Entra ID tenant that authenticates users of the cluster."
  type        = string
}

variable "use_disk_key" {
  description = "Whether disk_encryption_set_id is set; the ID itself can be unknown until the set is created."
  type        = bool
  default     = false
}

variable "workspace_id" {
  description = "ID of the Log Analytics workspace."
  type        = string
}

variable "zones" {
  description = "Number of availability zones of the nodes; with 1, Azure selects the zone."
  type        = number
  default     = 1

  validation {
    condition     = var.zones >= 1 && var.zones <= 3
    error_message = "zones must be 1 to 3."
  }
}
