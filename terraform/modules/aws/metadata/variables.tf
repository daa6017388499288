variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "vpc_cidr_blocks" {
  description = "Its addresses; what is in them may use the service."
  type        = list(string)
}

variable "subnet_ids" {
  description = "Private subnets of service and database."
  type        = list(string)
}

variable "use_kms_key" {
  description = "Whether kms_key_arn is given; the ARN itself may be known only when it is made."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts; null for the keys of AWS."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 30
}

variable "permissions_boundary" {
  description = "ARN of a policy that bounds every role; null for none."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Refuse removal."
  type        = bool
  default     = false
}

variable "instance_class" {
  description = "Size of the database."
  type        = string
  default     = "db.t4g.micro"
}

variable "password_generation" {
  description = "Raise it for a new password; where the database exists, for its secret to be read again."
  type        = number
  default     = 1
}

variable "postgres_version" {
  description = "PostgreSQL."
  type        = string
  default     = "17"
}

variable "storage_gb" {
  description = "Disk of the database."
  type        = number
  default     = 20
}

variable "max_storage_gb" {
  description = "How far it may grow by itself."
  type        = number
  default     = 100
}

variable "high_availability" {
  description = "A standby in a second zone."
  type        = bool
  default     = false
}

variable "backup_days" {
  description = "Days that backups are kept."
  type        = number
  default     = 7
}

variable "skip_final_snapshot" {
  description = "Remove the database without a last snapshot."
  type        = bool
  default     = false
}

variable "database" {
  description = "An existing database to use instead; its secret holds username and password."
  type = object({
    host           = string
    port           = number
    name           = string
    secret         = string
    security_group = string
  })
  default = null
}

variable "image" {
  description = "Image of the metadata service."
  type        = string
}

variable "cpu" {
  description = "CPU units of each task; 1024 is a CPU."
  type        = number
  default     = 512
}

variable "memory" {
  description = "Memory of each task, in MB."
  type        = number
  default     = 1024
}

variable "replicas" {
  description = "Tasks of the service."
  type        = number
  default     = 1
}

variable "public_api" {
  description = "Reach the service through API Gateway, with a key."
  type        = bool
  default     = true
}

variable "allow_cidrs" {
  description = "Addresses that may reach the public API; all where empty."
  type        = list(string)
  default     = []
}

