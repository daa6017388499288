variable "network" {
  description = "Name of the network, or projects/HOST/global/networks/NAME."
  type        = string
}

variable "project" {
  description = "ID of the project."
  type        = string
}

variable "region" {
  description = "Google Cloud region."
  type        = string
}

variable "subnetwork" {
  description = "Subnetwork of the nodes, in the region."
  type        = string
}
