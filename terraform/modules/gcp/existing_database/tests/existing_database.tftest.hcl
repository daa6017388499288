# Needs no account: planning sends no requests to Google. (Mock providers do not support ephemeral resources, which this module has.)

provider "google" {
  project      = "demo-project"
  region       = "europe-west1"
  access_token = "none"
}

run "the_database_is_where_it_was_said" {
  command = plan

  module {
    source = "./tests/caller"
  }

  assert {
    condition     = output.database.host == "10.1.2.3" && output.database.port == 5432 && output.database.name == "metaflow"
    error_message = "The location of the database is wrong."
  }
}
