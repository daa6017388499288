# A key vault, with access by roles.

resource "azurerm_key_vault" "this" {
  #checkov:skip=CKV_AZURE_110:set by purge_protection; a vault with it cannot be purged for days
  #checkov:skip=CKV_AZURE_42:set by purge_protection; a vault with it cannot be purged for days
  #checkov:skip=CKV2_AZURE_32:a stack in its own network that is not a sandbox also has a private endpoint; an existing network is not changed
  name                          = var.vault_name
  resource_group_name           = var.resource_group_name
  location                      = var.location
  tenant_id                     = var.tenant_id
  sku_name                      = "standard"
  rbac_authorization_enabled    = true
  purge_protection_enabled      = var.purge_protection
  soft_delete_retention_days    = var.purge_protection ? 90 : 7
  public_network_access_enabled = true
  tags                          = var.tags

  network_acls {
    default_action             = length(var.allow_ips) > 0 ? "Deny" : "Allow"
    bypass                     = "AzureServices"
    ip_rules                   = var.allow_ips
    virtual_network_subnet_ids = var.allow_subnet_ids
  }

  # In Azure, purge protection cannot be disabled and its days cannot be changed.
  lifecycle {
    ignore_changes = [purge_protection_enabled, soft_delete_retention_days]
  }
}

# The principal that deploys writes passwords and creates the key; Owner of the subscription does not include these permissions.
resource "azurerm_role_assignment" "deployer" {
  for_each = toset(["Key Vault Secrets Officer", "Key Vault Crypto Officer"])

  scope                = azurerm_key_vault.this.id
  role_definition_name = each.key
  principal_id         = var.deployer_id

  # Applying as another principal keeps this assignment; `administrators` in the root module grants the same role to others.
  lifecycle {
    ignore_changes = [principal_id]
  }
}

# A role assignment takes time to propagate; until then, the vault denies access.
resource "time_sleep" "roles" {
  create_duration = "90s"

  triggers = { vault_id = azurerm_key_vault.this.id }

  depends_on = [azurerm_role_assignment.deployer]
}

resource "azurerm_monitor_diagnostic_setting" "this" {
  name                       = "audit"
  target_resource_id         = azurerm_key_vault.this.id
  log_analytics_workspace_id = var.workspace_id

  enabled_log {
    category_group = "audit"
  }
}
