variable "deletion_protection" {
  description = "Refuse removal."
  type        = bool
  default     = false
}

variable "image" {
  description = "Image in the repository that steps use where they name none: NAME:TAG, or TAG for the one with the stack's name."
  type        = string
  default     = null
}

variable "kms_key_id" {
  description = "Id of the key that encrypts; null for the keys of Google."
  type        = string
  default     = null
}

variable "name" {
  description = "Name of the stack; every name begins with it."
  type        = string
}

variable "node_member" {
  description = "The account of the nodes, which pull."
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
