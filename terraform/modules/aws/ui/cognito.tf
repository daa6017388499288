# An administrator creates accounts; users cannot sign up themselves.

resource "aws_cognito_user_pool" "this" {
  count = var.auth == "cognito" ? 1 : 0

  name                     = "${var.name}-ui"
  username_attributes      = ["email"]
  auto_verified_attributes = ["email"]
  mfa_configuration        = "OPTIONAL"
  deletion_protection      = var.deletion_protection ? "ACTIVE" : "INACTIVE"

  software_token_mfa_configuration {
    enabled = true
  }

  admin_create_user_config {
    allow_admin_create_user_only = true
  }

  password_policy {
    minimum_length                   = 14
    require_lowercase                = true
    require_uppercase                = true
    require_numbers                  = true
    require_symbols                  = true
    temporary_password_validity_days = 7
  }
}

resource "aws_cognito_user_pool_client" "this" {
  count = var.auth == "cognito" ? 1 : 0

  name                                 = "load-balancer"
  user_pool_id                         = aws_cognito_user_pool.this[0].id
  generate_secret                      = true
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["code"]
  allowed_oauth_scopes                 = ["openid", "email"]
  supported_identity_providers         = ["COGNITO"]
  callback_urls                        = ["${local.url}/oauth2/idpresponse"]
}

resource "aws_cognito_user_pool_domain" "this" {
  count = var.auth == "cognito" ? 1 : 0

  domain       = coalesce(var.cognito_prefix, "${var.name}-${data.aws_caller_identity.this.account_id}")
  user_pool_id = aws_cognito_user_pool.this[0].id
}
