variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "vpc_id" {
  description = "ID of the VPC."
  type        = string
}

variable "vpc_cidr_blocks" {
  description = "CIDR ranges of the VPC, which can reach the service."
  type        = list(string)
}

variable "subnet_ids" {
  description = "IDs of the private subnets of service and database."
  type        = list(string)
}

variable "use_kms_key" {
  description = "Whether kms_key_arn is set; the ARN itself can be unknown until the key is created."
  type        = bool
  default     = false
}

variable "kms_key_arn" {
  description = "ARN of the KMS key for encryption; null for keys managed by AWS."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "Retention of logs, in days."
  type        = number
  default     = 30
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of all IAM roles; null for none."
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether to enable deletion protection."
  type        = bool
  default     = false
}

variable "instance_class" {
  description = "Instance class of the database."
  type        = string
  default     = "db.t4g.micro"
}

variable "password_generation" {
  description = "Increase it to generate a new password, or to read the secret of an existing database again."
  type        = number
  default     = 1
}

variable "postgres_version" {
  description = "Major version of PostgreSQL."
  type        = string
  default     = "17"
}

variable "storage_gb" {
  description = "Disk size of the database, in GB."
  type        = number
  default     = 20
}

variable "max_storage_gb" {
  description = "Maximum size for automatic growth of the disk, in GB."
  type        = number
  default     = 100
}

variable "high_availability" {
  description = "Whether to run a standby in a second zone."
  type        = bool
  default     = false
}

variable "backup_days" {
  description = "Retention of backups, in days."
  type        = number
  default     = 7
}

variable "skip_final_snapshot" {
  description = "Whether to delete the database without a final snapshot."
  type        = bool
  default     = false
}

variable "database" {
  description = "Existing database to use instead of a new one; its secret contains username and password."
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
  description = "CPU units of each task; 1024 units are one vCPU."
  type        = number
  default     = 512
}

variable "memory" {
  description = "Memory of each task, in MB."
  type        = number
  default     = 1024
}

variable "replicas" {
  description = "Number of tasks of the service."
  type        = number
  default     = 1
}

variable "public_api" {
  description = "Whether to expose the service through API Gateway, with an API key."
  type        = bool
  default     = true
}

variable "allow_cidrs" {
  description = "CIDR ranges that can reach the public API; empty for all."
  type        = list(string)
  default     = []
}

