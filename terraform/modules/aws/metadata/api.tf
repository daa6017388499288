# The public endpoint: API Gateway requires the key, and forwards requests to the load balancer through AWS PrivateLink.

resource "aws_api_gateway_vpc_link" "this" {
  count = var.public_api ? 1 : 0

  name        = "${var.name}-metadata"
  target_arns = [aws_lb.this.arn]
}

resource "aws_api_gateway_rest_api" "this" {
  count = var.public_api ? 1 : 0

  name        = "${var.name}-metadata"
  description = "Metadata service of ${var.name}"

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_rest_api_policy" "this" {
  count = var.public_api ? 1 : 0

  rest_api_id = aws_api_gateway_rest_api.this[0].id
  policy      = data.aws_iam_policy_document.api[0].json
}

data "aws_iam_policy_document" "api" {
  #checkov:skip=CKV_AWS_283:every client with the key can call the API, from the CIDR ranges in allow_cidrs
  count = var.public_api ? 1 : 0

  statement {
    actions   = ["execute-api:Invoke"]
    resources = ["${aws_api_gateway_rest_api.this[0].execution_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    dynamic "condition" {
      for_each = length(var.allow_cidrs) > 0 ? [1] : []

      content {
        test     = "IpAddress"
        variable = "aws:SourceIp"
        values   = var.allow_cidrs
      }
    }
  }
}

resource "aws_api_gateway_resource" "proxy" {
  count = var.public_api ? 1 : 0

  rest_api_id = aws_api_gateway_rest_api.this[0].id
  parent_id   = aws_api_gateway_rest_api.this[0].root_resource_id
  path_part   = "{proxy+}"
}

resource "aws_api_gateway_method" "proxy" {
  #checkov:skip=CKV_AWS_59:the API key is required; clients of Metaflow support no other authentication
  #checkov:skip=CKV2_AWS_53:the service validates requests itself
  count = var.public_api ? 1 : 0

  rest_api_id        = aws_api_gateway_rest_api.this[0].id
  resource_id        = aws_api_gateway_resource.proxy[0].id
  http_method        = "ANY"
  authorization      = "NONE"
  api_key_required   = true
  request_parameters = { "method.request.path.proxy" = true }
}

resource "aws_api_gateway_integration" "proxy" {
  count = var.public_api ? 1 : 0

  rest_api_id             = aws_api_gateway_rest_api.this[0].id
  resource_id             = aws_api_gateway_resource.proxy[0].id
  http_method             = aws_api_gateway_method.proxy[0].http_method
  type                    = "HTTP_PROXY"
  integration_http_method = "ANY"
  uri                     = "http://${aws_lb.this.dns_name}/{proxy}"
  connection_type         = "VPC_LINK"
  connection_id           = aws_api_gateway_vpc_link.this[0].id
  passthrough_behavior    = "WHEN_NO_MATCH"
  request_parameters      = { "integration.request.path.proxy" = "method.request.path.proxy" }
}

resource "aws_api_gateway_resource" "schema" {
  count = var.public_api ? 1 : 0

  rest_api_id = aws_api_gateway_rest_api.this[0].id
  parent_id   = aws_api_gateway_rest_api.this[0].root_resource_id
  path_part   = "db_schema_status"
}

resource "aws_api_gateway_method" "schema" {
  #checkov:skip=CKV_AWS_59:the API key is required; clients of Metaflow support no other authentication
  #checkov:skip=CKV2_AWS_53:the request has no content
  count = var.public_api ? 1 : 0

  rest_api_id      = aws_api_gateway_rest_api.this[0].id
  resource_id      = aws_api_gateway_resource.schema[0].id
  http_method      = "GET"
  authorization    = "NONE"
  api_key_required = true
}

resource "aws_api_gateway_integration" "schema" {
  count = var.public_api ? 1 : 0

  rest_api_id             = aws_api_gateway_rest_api.this[0].id
  resource_id             = aws_api_gateway_resource.schema[0].id
  http_method             = aws_api_gateway_method.schema[0].http_method
  type                    = "HTTP_PROXY"
  integration_http_method = "GET"
  uri                     = "http://${aws_lb.this.dns_name}:8082/db_schema_status"
  connection_type         = "VPC_LINK"
  connection_id           = aws_api_gateway_vpc_link.this[0].id
  passthrough_behavior    = "WHEN_NO_MATCH"
}

# A deployment is a snapshot of the API: without triggers, later changes would never be published.
resource "aws_api_gateway_deployment" "this" {
  count = var.public_api ? 1 : 0

  rest_api_id = aws_api_gateway_rest_api.this[0].id

  triggers = {
    redeployment = sha1(jsonencode([
      aws_api_gateway_resource.proxy[0], aws_api_gateway_method.proxy[0], aws_api_gateway_integration.proxy[0],
      aws_api_gateway_resource.schema[0], aws_api_gateway_method.schema[0], aws_api_gateway_integration.schema[0],
      aws_api_gateway_rest_api_policy.this[0].policy,
    ]))
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "this" {
  #checkov:skip=CKV_AWS_76:logging needs an account-wide setting, which a stack must not change; the service logs every request
  #checkov:skip=CKV2_AWS_4:logging needs an account-wide setting, which a stack must not change; the service logs every request
  #checkov:skip=CKV_AWS_120:responses change with every run
  #checkov:skip=CKV2_AWS_29:key, throttling and allow_cidrs protect the API; a firewall can be attached to the stage
  #checkov:skip=CKV2_AWS_51:clients of Metaflow authenticate with a key, not with a certificate
  #checkov:skip=CKV2_AWS_77:key, throttling and allow_cidrs protect the API; a firewall can be attached to the stage
  count = var.public_api ? 1 : 0

  rest_api_id          = aws_api_gateway_rest_api.this[0].id
  deployment_id        = aws_api_gateway_deployment.this[0].id
  stage_name           = "api"
  xray_tracing_enabled = true
}

resource "aws_api_gateway_api_key" "this" {
  count = var.public_api ? 1 : 0

  name = "${var.name}-metadata"
}

resource "aws_api_gateway_usage_plan" "this" {
  count = var.public_api ? 1 : 0

  name = "${var.name}-metadata"

  api_stages {
    api_id = aws_api_gateway_rest_api.this[0].id
    stage  = aws_api_gateway_stage.this[0].stage_name
  }

  # A wide foreach sends many requests at once; a faulty client must not overload the database.
  throttle_settings {
    rate_limit  = 2000
    burst_limit = 4000
  }
}

resource "aws_api_gateway_usage_plan_key" "this" {
  count = var.public_api ? 1 : 0

  key_id        = aws_api_gateway_api_key.this[0].id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.this[0].id
}
