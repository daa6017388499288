variable "airflow_version" {
  description = "Version of Airflow."
  type        = string
}

variable "chart_version" {
  description = "Version of the chart."
  type        = string
}

variable "connection" {
  description = "Connection to the object store as Airflow writes it, without a key: aws://, google-cloud-platform://, or JSON with conn_type and host."
  type        = string
}

variable "dags" {
  description = "Where DAGs come from: a public Git repository, or a URL of the object store (s3://, gs://, or wasb://CONTAINER/PATH with the storage account)."
  type = object({
    repository = optional(string)
    branch     = optional(string, "main")
    folder     = optional(string, "")
    url        = optional(string)
    account    = optional(string)
  })

  validation {
    condition     = (var.dags.repository == null) != (var.dags.url == null)
    error_message = "dags names a repository or a url."
  }
}

variable "database" {
  description = "The database."
  type = object({
    host = string
    port = number
    name = string
  })
}

variable "database_account" {
  description = "Account in the database. In no state and no plan."
  type = object({
    username = string
    password = string
  })
  sensitive = true
  ephemeral = true
}

variable "database_account_version" {
  description = "Raise it to write the account again."
  type        = number
  default     = 1
}

variable "high_availability" {
  description = "Two of everything, on different nodes."
  type        = bool
  default     = false
}

variable "labels" {
  description = "Labels of everything that is made."
  type        = map(string)
  default     = {}
}

variable "log_url" {
  description = "Where logs of tasks go: s3://, gs:// or wasb://CONTAINER/."
  type        = string
}

variable "namespaces" {
  description = "Namespaces of flows."
  type        = list(string)
}

variable "node_selector" {
  description = "Labels of the nodes that it runs on."
  type        = map(string)
  default     = {}
}

variable "pod_labels" {
  description = "Labels of pods that the cloud's identity asks for."
  type        = map(string)
  default     = {}
}

variable "secrets" {
  description = "Four passwords of 32 characters or more: for values in the database, for sessions, for tokens, and of the account admin. In no state and no plan."
  type = object({
    fernet_password = string
    api_secret_key  = string
    jwt_secret      = string
    admin_password  = string
  })
  sensitive = true
  ephemeral = true
}

variable "service_account_annotations" {
  description = "What binds its service accounts to an identity of the cloud."
  type        = map(string)
  default     = {}
}

variable "sync_image" {
  description = "Image of rclone, which fetches DAGs where Airflow has no bundle for the object store."
  type        = string
}

variable "tolerations" {
  description = "Taints of those nodes that it accepts."
  type = list(object({
    key      = optional(string)
    operator = optional(string, "Equal")
    value    = optional(string)
    effect   = optional(string)
  }))
  default = []
}
