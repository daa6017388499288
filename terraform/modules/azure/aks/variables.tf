variable "allow_cidrs" {
  description = "Addresses that may reach a public API; all where empty."
  type        = list(string)
  default     = []
}

variable "container_rule_id" {
  description = "Id of the rule that says what is collected of containers."
  type        = string
}

variable "default_pool" {
  description = "The pool of tasks that name none."
  type        = string

  validation {
    condition     = contains(keys(var.node_pools), var.default_pool)
    error_message = "default_pool is none of node_pools."
  }
}

variable "deployer_id" {
  description = "Object id of who deploys."
  type        = string
}

variable "disk_encryption_set_id" {
  description = "Id of the set that encrypts disks with a key of yours; null for the keys of Azure."
  type        = string
  default     = null
}

variable "endpoint" {
  description = "Where the API is reached: public, or private for inside the network only."
  type        = string
  default     = "public"

  validation {
    condition     = contains(["public", "private"], var.endpoint)
    error_message = "endpoint is public or private."
  }
}

variable "high_availability" {
  description = "The API with a promise of Azure, and a second machine for the system."
  type        = bool
  default     = false
}

variable "host_encryption" {
  description = "Encrypt caches and temporary disks of machines too; the subscription must have Microsoft.Compute/EncryptionAtHost."
  type        = bool
  default     = false
}

variable "kubernetes_version" {
  description = "Kubernetes, as in 1.34; patches come by themselves."
  type        = string

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.kubernetes_version))
    error_message = "A version is 1. and two digits."
  }
}

variable "location" {
  description = "Region of Azure."
  type        = string
}

variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "nat_ips" {
  description = "Addresses that machines are seen with outside."
  type        = list(string)
  default     = []
}

variable "node_pools" {
  description = "Pools of machines by name."
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
    error_message = "A pool's name is a lower-case letter, then up to 11 lower-case letters and digits, and does not begin with system."
  }

  validation {
    condition     = alltrue([for pool in var.node_pools : length(pool.machine_types) == 1])
    error_message = "A pool of Azure has machines of one type: make a pool for each."
  }

  validation {
    condition     = alltrue([for pool in var.node_pools : pool.min_nodes <= pool.max_nodes && pool.max_nodes >= 1 && pool.max_nodes <= 1000])
    error_message = "min_nodes of a pool is more than its max_nodes, or max_nodes is not 1 to 1000."
  }
}

variable "outbound_type" {
  description = "How machines reach the outside: userAssignedNATGateway, loadBalancer, or userDefinedRouting."
  type        = string
  default     = "userAssignedNATGateway"
}

variable "pod_cidr" {
  description = "Addresses of pods, 256 for each machine."
  type        = string
}

variable "resource_group_id" {
  description = "Id of the resource group."
  type        = string
}

variable "resource_group_name" {
  description = "The resource group."
  type        = string
}

variable "service_cidr" {
  description = "Addresses of services."
  type        = string
}

variable "subnet_id" {
  description = "Id of the subnet of the machines."
  type        = string
}

variable "system_pool" {
  description = "Machines of the system's own pool."
  type = object({
    machine_type = optional(string, "Standard_D4as_v5")
    max_nodes    = optional(number, 5)
    disk_gb      = optional(number, 64)
  })
  default = {}
}

variable "tags" {
  description = "Tags of everything that is made."
  type        = map(string)
  default     = {}
}

variable "tenant_id" {
  description = "Tenant of whose identities the cluster knows."
  type        = string
}

variable "use_disk_key" {
  description = "Whether disk_encryption_set_id is given; the id itself may be known only when it is made."
  type        = bool
  default     = false
}

variable "workspace_id" {
  description = "Id of the workspace for logs."
  type        = string
}

variable "zones" {
  description = "Availability zones of the machines; 1 leaves the choice to Azure."
  type        = number
  default     = 1

  validation {
    condition     = var.zones >= 1 && var.zones <= 3
    error_message = "A region has three zones at most."
  }
}
