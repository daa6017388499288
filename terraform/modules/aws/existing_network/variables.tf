variable "vpc_id" {
  description = "ID of the VPC."
  type        = string
}

variable "private_subnet_ids" {
  description = "IDs of its private subnets, in at least two availability zones."
  type        = list(string)
}

variable "public_subnet_ids" {
  description = "IDs of its public subnets."
  type        = list(string)
  default     = []
}

