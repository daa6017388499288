variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "private_subnet_ids" {
  description = "Its private subnets, in two zones or more."
  type        = list(string)
}

variable "public_subnet_ids" {
  description = "Its public subnets."
  type        = list(string)
  default     = []
}

