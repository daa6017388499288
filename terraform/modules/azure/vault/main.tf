# A key vault. Roles decide who reads and writes it.

resource "azurerm_key_vault" "this" {
  #checkov:skip=CKV_AZURE_110:purge_protection decides; a vault that has it cannot be removed for days
  #checkov:skip=CKV_AZURE_42:purge_protection decides; a vault that has it cannot be removed for days
  #checkov:skip=CKV2_AZURE_32:stacks that are not sandboxes have a private endpoint beside it
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

  # Azure lets nobody take purge protection away again, nor change the days.
  lifecycle {
    ignore_changes = [purge_protection_enabled, soft_delete_retention_days]
  }
}

# Who deploys writes passwords and makes the key; being the owner of the subscription is not enough for either.
resource "azurerm_role_assignment" "deployer" {
  for_each = toset(["Key Vault Secrets Officer", "Key Vault Crypto Officer"])

  scope                = azurerm_key_vault.this.id
  role_definition_name = each.key
  principal_id         = var.deployer_id

  # Whoever applies next keeps what there is; `administrators` of the root gives more people the same.
  lifecycle {
    ignore_changes = [principal_id]
  }
}

# A role is known everywhere only after a while; a vault that asks too early refuses.
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
