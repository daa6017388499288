# Passwords made while applying, written to the vault, and read back from there for everybody who needs them: whatever
# moment an apply is cut at, all have the same. They are in no state and in no plan.

ephemeral "random_password" "this" {
  for_each = var.passwords

  length  = 40
  special = false # services put them into URLs
}

resource "azurerm_key_vault_secret" "this" {
  #checkov:skip=CKV_AZURE_41:what reads it does so when it starts; a date on which it ends would end the stack
  name             = var.name
  key_vault_id     = var.vault_id
  content_type     = "application/json"
  value_wo_version = 1
  tags             = var.tags

  value_wo = jsonencode(merge(
    var.plain,
    { for name in var.passwords : name => ephemeral.random_password.this[name].result },
  ))
}

# The vault comes from the secret's own id, which is known only once it is written.
ephemeral "azurerm_key_vault_secret" "this" {
  name         = azurerm_key_vault_secret.this.name
  key_vault_id = split("/secrets/", azurerm_key_vault_secret.this.resource_versionless_id)[0]
}
