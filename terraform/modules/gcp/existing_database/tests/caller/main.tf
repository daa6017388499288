# Calls the module: a root module cannot have ephemeral outputs. The secret is unknown before
# an apply, so that planning does not read it.

resource "terraform_data" "secret" {
  input = "database-account"
}

module "this" {
  source = "../.."

  project  = "demo-project"
  host     = "10.1.2.3"
  database = "metaflow"
  secret   = terraform_data.secret.output
}

output "database" {
  description = "Where the database is."
  value       = module.this.database
}
