# Needs no account: planning sends no requests to AWS. (Mock providers do not support ephemeral resources, which this module has.)

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

variables {
  name     = "demo"
  username = "argo"
  # AWS would have to generate the passwords.
  passwords = []
}

run "a_secret_for_one_account" {
  command = plan

  assert {
    condition     = aws_secretsmanager_secret.this.name_prefix == "demo-argo-" && aws_secretsmanager_secret.this.recovery_window_in_days == 30
    error_message = "The name of the secret is wrong, or the secret cannot be restored."
  }

  assert {
    condition     = output.generation == 1
    error_message = "The first passwords do not have generation 1."
  }
}
