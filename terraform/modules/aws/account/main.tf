# An account: a user name and passwords that AWS generates and Secrets Manager stores. All consumers read them from there:
# wherever an apply is interrupted, all have the same passwords. They are in no state and in no plan.

ephemeral "aws_secretsmanager_random_password" "this" {
  for_each = var.passwords

  password_length     = 40
  exclude_punctuation = true # some are used in URLs
}

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:services read a password only at startup; after a rotation without a restart they could not connect
  #checkov:skip=CKV_AWS_149:set by kms_key_arn
  name_prefix             = "${var.name}-${var.username}-"
  description             = "Account ${var.username} of the stack ${var.name}"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.recovery_days
}

resource "aws_secretsmanager_secret_version" "this" {
  secret_id                = aws_secretsmanager_secret.this.id
  secret_string_wo_version = var.generation
  secret_string_wo = jsonencode(merge(
    { username = var.username },
    { for key in var.passwords : key => ephemeral.aws_secretsmanager_random_password.this[key].random_password },
  ))
}
