variable "network" {
  description = "The network: its name, or projects/HOST/global/networks/NAME."
  type        = string
}

variable "project" {
  description = "Id of the project."
  type        = string
}

variable "region" {
  description = "Region of Google Cloud."
  type        = string
}

variable "subnetwork" {
  description = "Its subnetwork in the region; nodes run there."
  type        = string
}
