# Needs no account: planning reads only the caller's identity, which is mocked. (Mock providers do not support ephemeral
# resources, of which this module has two.)

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

override_data {
  target = data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

variables {
  name            = "demo"
  vpc_id          = "vpc-0123456789abcdef0"
  vpc_cidr_blocks = ["10.20.0.0/16"]
  subnet_ids      = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  image           = "service:1"

  # For a new database, AWS would have to generate the password.
  database = {
    host           = "db.example.com"
    port           = 5432
    name           = "metaflow"
    secret         = "arn:aws:secretsmanager:us-east-1:123456789012:secret:x"
    security_group = "sg-0123456789abcdef0"
  }
}

run "public_with_a_key" {
  command = plan

  assert {
    condition     = aws_api_gateway_method.proxy[0].api_key_required && aws_api_gateway_method.schema[0].api_key_required
    error_message = "The API requires no key."
  }

  assert {
    condition     = aws_lb.this.internal && !aws_ecs_service.this.network_configuration[0].assign_public_ip
    error_message = "The service is reachable without the API."
  }
}

run "private" {
  command = plan

  variables {
    public_api = false
  }

  assert {
    condition     = length(aws_api_gateway_rest_api.this) == 0 && output.api_key_id == null
    error_message = "Inbound access from outside is allowed."
  }
}

run "a_database_that_exists" {
  command = plan

  assert {
    condition     = length(aws_db_instance.this) == 0 && output.database_host == "db.example.com"
    error_message = "A second database would be created."
  }
}
