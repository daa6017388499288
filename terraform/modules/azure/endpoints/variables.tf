variable "location" {
  description = "Region of Azure."
  type        = string
}

variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "resource_group_name" {
  description = "The resource group."
  type        = string
}

variable "subnet_id" {
  description = "Id of the subnet of the endpoints."
  type        = string
}

variable "tags" {
  description = "Tags of everything that is made."
  type        = map(string)
  default     = {}
}

variable "targets" {
  description = "What gets an address inside: its id, the part of it that is meant, and the zone of its name."
  type = map(object({
    id          = string
    subresource = string
    zone        = string
  }))
}

variable "virtual_network_id" {
  description = "Id of the network."
  type        = string
}
