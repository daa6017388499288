variable "cluster_subnet_id" {
  description = "ID of the subnet of the nodes."
  type        = string

  validation {
    condition     = startswith(lower(var.cluster_subnet_id), "${lower(var.virtual_network_id)}/subnets/")
    error_message = "cluster_subnet_id must be a subnet of the virtual network."
  }
}

variable "database_subnet_id" {
  description = "ID of the subnet that is delegated to Microsoft.DBforPostgreSQL/flexibleServers."
  type        = string

  validation {
    condition     = startswith(lower(var.database_subnet_id), "${lower(var.virtual_network_id)}/subnets/") && lower(var.database_subnet_id) != lower(var.cluster_subnet_id)
    error_message = "database_subnet_id must be a subnet of the virtual network, and not the subnet of the cluster."
  }
}

variable "location" {
  description = "Region of the stack."
  type        = string
}

variable "virtual_network_id" {
  description = "ID of the virtual network."
  type        = string

  validation {
    condition     = can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Network/virtualNetworks/[^/]+$", var.virtual_network_id))
    error_message = "virtual_network_id must be /subscriptions/S/resourceGroups/G/providers/Microsoft.Network/virtualNetworks/N."
  }
}
