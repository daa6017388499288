variable "cluster_subnet_id" {
  description = "Id of its subnet for machines."
  type        = string

  validation {
    condition     = startswith(lower(var.cluster_subnet_id), "${lower(var.virtual_network_id)}/subnets/")
    error_message = "The subnet of the cluster is not in the network."
  }
}

variable "database_subnet_id" {
  description = "Id of its subnet that is delegated to Microsoft.DBforPostgreSQL/flexibleServers."
  type        = string

  validation {
    condition     = startswith(lower(var.database_subnet_id), "${lower(var.virtual_network_id)}/subnets/") && lower(var.database_subnet_id) != lower(var.cluster_subnet_id)
    error_message = "The subnet of the database is not in the network, or that of the cluster."
  }
}

variable "location" {
  description = "Region of the stack."
  type        = string
}

variable "virtual_network_id" {
  description = "Id of the network."
  type        = string

  validation {
    condition     = can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Network/virtualNetworks/[^/]+$", var.virtual_network_id))
    error_message = "The network is /subscriptions/S/resourceGroups/G/providers/Microsoft.Network/virtualNetworks/N."
  }
}
