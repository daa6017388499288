variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "queue_arns" {
  description = "Queues that flows are run on."
  type        = list(string)
}

variable "task_role_arn" {
  description = "ARN of the role that tasks have."
  type        = string
}

variable "task_role_name" {
  description = "Name of the role that tasks have; it is given the right to the table."
  type        = string
}

variable "execution_role_arn" {
  description = "ARN of the role that starts containers on Fargate."
  type        = string
}

variable "bucket_name" {
  description = "The bucket."
  type        = string
}

variable "bucket_arn" {
  description = "ARN of the bucket."
  type        = string
}

variable "prefix" {
  description = "Where in the bucket the results of distributed maps lie."
  type        = string
  default     = "metaflow"
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

variable "point_in_time_recovery" {
  description = "Keep the table for going back to any moment of the last 35 days."
  type        = bool
  default     = false
}

variable "deletion_protection" {
  description = "Refuse removal."
  type        = bool
  default     = false
}

variable "permissions_boundary" {
  description = "ARN of a policy that bounds every role; null for none."
  type        = string
  default     = null
}

