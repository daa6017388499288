variable "airflow_version" {
  description = "Version of Airflow."
  type        = string
}

variable "chart_version" {
  description = "Version of the chart."
  type        = string
}

variable "connection" {
  description = "Airflow connection to the object store, without a key: aws://, google-cloud-platform://, or JSON with conn_type and host."
  type        = string
}

variable "dags" {
  description = "Source of DAGs: a Git repository, or a URL of the object store (s3://, gs://, or wasb://CONTAINER/PATH with the storage account)."
  type = object({
    repository = optional(string)
    branch     = optional(string, "main")
    folder     = optional(string, "")
    url        = optional(string)
    account    = optional(string)
  })

  validation {
    condition     = (var.dags.repository == null) != (var.dags.url == null)
    error_message = "dags must have a repository or a url."
  }
}

variable "database" {
  description = "Host, port and name of the database."
  type = object({
    host = string
    port = number
    name = string
  })
}

variable "database_account" {
  description = "Database account. It is in no state and no plan."
  type = object({
    username = string
    password = string
  })
  sensitive = true
  ephemeral = true
}

variable "database_account_version" {
  description = "Increase it to write the account again."
  type        = number
  default     = 1
}

variable "git_account" {
  description = "Account of a private Git repository: user name, and a token as password. It is in no state and no plan."
  type = object({
    username = string
    password = string
  })
  default   = null
  sensitive = true
  ephemeral = true
}

variable "git_account_version" {
  description = "Increase it to write the account of the Git repository again."
  type        = number
  default     = 1
}

variable "high_availability" {
  description = "Whether to run two replicas of each component, on different nodes."
  type        = bool
  default     = false
}

variable "labels" {
  description = "Labels of all resources."
  type        = map(string)
  default     = {}
}

variable "log_url" {
  description = "URL for the logs of tasks: s3://, gs:// or wasb://CONTAINER/."
  type        = string
}

variable "namespaces" {
  description = "Namespaces for flows."
  type        = list(string)
}

variable "node_selector" {
  description = "Node selector of the pods."
  type        = map(string)
  default     = {}
}

variable "pod_labels" {
  description = "Labels that pods need for their identity of the cloud."
  type        = map(string)
  default     = {}
}

variable "secrets" {
  description = "Four passwords of at least 32 characters: for values in the database, for sessions, for tokens, and for the account admin. They are in no state and no plan."
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
  description = "Annotations that bind the service accounts to an identity of the cloud."
  type        = map(string)
  default     = {}
}

variable "sync_image" {
  description = "Image of rclone, which downloads DAGs if Airflow has no bundle for the object store."
  type        = string
}

variable "tolerations" {
  description = "Tolerations of the pods."
  type = list(object({
    key      = optional(string)
    operator = optional(string, "Equal")
    value    = optional(string)
    effect   = optional(string)
  }))
  default = []
}

variable "use_git_account" {
  description = "Whether git_account is set; its value is unknown until the plan is applied."
  type        = bool
  default     = false
}
