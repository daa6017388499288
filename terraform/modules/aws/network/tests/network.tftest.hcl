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
  name  = "demo"
  cidr  = "10.20.0.0/16"
  zones = 3
}

run "one_nat_gateway" {
  command = plan

  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(aws_route.nat) == 3
    error_message = "The private subnets do not share one NAT gateway."
  }

  assert {
    condition     = alltrue([for subnet in aws_subnet.public : !subnet.map_public_ip_on_launch])
    error_message = "Instances get public addresses automatically."
  }

  assert {
    condition     = length(distinct([for subnet in merge(aws_subnet.private, { for key, subnet in aws_subnet.public : "p${key}" => subnet }) : subnet.cidr_block])) == 6
    error_message = "Subnets share addresses."
  }
}

run "a_gateway_in_each_zone" {
  command = plan

  variables {
    nat = "per_zone"
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 3
    error_message = "A zone has no NAT gateway of its own."
  }
}

run "no_way_out_but_endpoints" {
  command = plan

  variables {
    nat       = "none"
    endpoints = ["ecr.api", "logs"]
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 0 && length(aws_vpc_endpoint.interface) == 2
    error_message = "There is a gateway, or an endpoint is missing."
  }
}

run "other_words_are_refused" {
  command = plan

  variables {
    nat = "two"
  }

  expect_failures = [var.nat]
}
