variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "queue_arns" {
  description = "ARNs of the Batch queues that flows use."
  type        = list(string)
}

variable "task_role_arn" {
  description = "ARN of the IAM role of tasks."
  type        = string
}

variable "task_role_name" {
  description = "Name of the IAM role of tasks, which gets access to the table."
  type        = string
}

variable "execution_role_arn" {
  description = "ARN of the execution role for containers on Fargate."
  type        = string
}

variable "bucket_name" {
  description = "Name of the bucket."
  type        = string
}

variable "bucket_arn" {
  description = "ARN of the bucket."
  type        = string
}

variable "prefix" {
  description = "Prefix in the bucket for the results of distributed maps."
  type        = string
  default     = "metaflow"
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

variable "point_in_time_recovery" {
  description = "Whether to enable point-in-time recovery of the table, for the last 35 days."
  type        = bool
  default     = false
}

variable "deletion_protection" {
  description = "Whether to enable deletion protection."
  type        = bool
  default     = false
}

variable "permissions_boundary" {
  description = "ARN of the permissions boundary of all IAM roles; null for none."
  type        = string
  default     = null
}

