# Calls the module: terraform runs no module by itself that gives something ephemeral. The secret is not known before
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
