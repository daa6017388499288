# Calls the module: a root module cannot have ephemeral outputs.

module "this" {
  source = "../.."

  name    = "demo"
  project = "demo-project"
  region  = "europe-west1"
  names   = var.names
}

variable "names" {
  description = "Names of the accounts."
  type        = set(string)
}

output "secret_ids" {
  description = "Id of the secret of each account."
  value       = module.this.secret_ids
}
