variable "location" {
  description = "Azure region."
  type        = string
}

variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "resource_group_name" {
  description = "Name of the resource group."
  type        = string
}

variable "subnet_id" {
  description = "ID of the subnet of the endpoints."
  type        = string
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
}

variable "targets" {
  description = "Resources that get a private endpoint: the resource ID, the subresource, and the private DNS zone."
  type = map(object({
    id          = string
    subresource = string
    zone        = string
  }))
}

variable "virtual_network_id" {
  description = "ID of the virtual network."
  type        = string
}
