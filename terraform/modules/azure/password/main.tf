# A password is generated during an apply, written to the key vault, and read from there by all consumers:
# wherever the apply is interrupted, all have the same password. It is in no state and in no plan.

ephemeral "random_password" "this" {
  length  = 40
  special = false # some are used in URLs
}

resource "azurerm_key_vault_secret" "this" {
  #checkov:skip=CKV_AZURE_41:services read it only at startup; after an expiration date they could not connect
  name             = "mfinfra-${var.name}"
  key_vault_id     = var.vault_id
  content_type     = "application/json"
  value_wo_version = var.generation
  tags             = var.tags

  value_wo = jsonencode({
    username = var.name
    password = ephemeral.random_password.this.result
  })
}

# The vault is read from the id of the secret, which is known only after the secret has been written.
ephemeral "azurerm_key_vault_secret" "this" {
  name         = azurerm_key_vault_secret.this.name
  key_vault_id = split("/secrets/", azurerm_key_vault_secret.this.resource_versionless_id)[0]
}
