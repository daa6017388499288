variable "deletion_protection" {
  description = "Whether to enable deletion protection."
  type        = bool
  default     = false
}

variable "image" {
  description = "Default image of steps in the repository: NAME:TAG, or TAG for the image with the name of the stack."
  type        = string
  default     = null
}

variable "kms_key_id" {
  description = "ID of the Cloud KMS key for encryption; null for keys managed by Google."
  type        = string
  default     = null
}

variable "name" {
  description = "Name of the stack, and prefix of all resource names."
  type        = string
}

variable "node_member" {
  description = "IAM member of the service account of the nodes, which pull images."
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
