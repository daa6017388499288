# A password is made while terraform runs, written to the key vault, and read back from there by all who need it:
# whatever moment an apply is cut at, everybody has the same. It is in no state and in no plan.

ephemeral "random_password" "this" {
  length  = 40
  special = false # some stand in URLs
}

resource "azurerm_key_vault_secret" "this" {
  #checkov:skip=CKV_AZURE_41:services read it when they start; a date on which it ends would end the stack
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

# The vault comes from the secret's own id, which is known only once it is written: before, there is nothing to read.
ephemeral "azurerm_key_vault_secret" "this" {
  name         = azurerm_key_vault_secret.this.name
  key_vault_id = split("/secrets/", azurerm_key_vault_secret.this.resource_versionless_id)[0]
}
