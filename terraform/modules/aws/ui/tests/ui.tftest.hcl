# Needs no account: responses of AWS are mocked.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_data "aws_availability_zones" {
    defaults = { names = ["us-east-1a", "us-east-1b", "us-east-1c"] }
  }

  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }

  mock_data "aws_region" {
    defaults = { region = "us-east-1" }
  }

  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com", reverse_dns_prefix = "com.amazonaws" }
  }
}

variables {
  name                       = "demo"
  vpc_id                     = "vpc-0123456789abcdef0"
  vpc_cidr_blocks            = ["10.20.0.0/16"]
  private_subnet_ids         = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  public_subnet_ids          = ["subnet-0123456789abcdef2", "subnet-0123456789abcdef3"]
  certificate_arn            = "arn:aws:acm:us-east-1:123456789012:certificate/x"
  domain                     = "flows.example.com"
  backend_image              = "backend:1"
  static_image               = "static:1"
  database_host              = "db.example.com"
  database_secret_arn        = "arn:aws:secretsmanager:us-east-1:123456789012:secret:x"
  database_security_group_id = "sg-0123456789abcdef0"
  bucket_name                = "demo"
  bucket_arn                 = "arn:aws:s3:::demo"
}

run "who_has_not_signed_on_is_sent_away" {
  command = plan

  assert {
    condition     = aws_lb_listener.this.default_action[0].type == "authenticate-cognito" && aws_lb_listener_rule.backend.action[0].type == "authenticate-cognito"
    error_message = "A page is accessible without sign-in."
  }

  assert {
    condition     = aws_cognito_user_pool.this[0].admin_create_user_config[0].allow_admin_create_user_only
    error_message = "Users can sign up themselves."
  }

  assert {
    condition     = alltrue([for service in aws_ecs_service.this : !service.network_configuration[0].assign_public_ip])
    error_message = "A service has a public address."
  }
}

run "inside_only" {
  command = plan

  variables {
    internal = true
  }

  assert {
    condition     = aws_lb.this.internal && keys(aws_vpc_security_group_ingress_rule.load_balancer)[0] == "10.20.0.0/16"
    error_message = "The UI is reachable from outside."
  }
}
