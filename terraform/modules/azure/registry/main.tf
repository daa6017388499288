# A registry for images of the user's own. People and machines come with their identity; there is no admin account.

resource "azurerm_container_registry" "this" {
  #checkov:skip=CKV_AZURE_139:images are pushed from outside of the network
  #checkov:skip=CKV_AZURE_163:Microsoft Defender scans images, which a whole subscription has or has not
  #checkov:skip=CKV_AZURE_164:Azure has ended content trust, and the provider its argument
  #checkov:skip=CKV_AZURE_165:the cluster is in one region
  #checkov:skip=CKV_AZURE_166:an image in quarantine is never let go without a scanner that says so
  #checkov:skip=CKV_AZURE_233:premium decides
  name                          = var.registry_name
  resource_group_name           = var.resource_group_name
  location                      = var.location
  sku                           = var.premium ? "Premium" : "Standard"
  admin_enabled                 = false
  anonymous_pull_enabled        = false
  public_network_access_enabled = true
  data_endpoint_enabled         = var.premium
  zone_redundancy_enabled       = var.premium
  retention_policy_in_days      = var.premium ? 14 : null
  tags                          = var.tags

  encryption = var.use_key ? [{
    key_vault_key_id   = var.key_url
    identity_client_id = var.key_identity_client_id
  }] : []

  dynamic "identity" {
    for_each = var.use_key ? [1] : []

    content {
      type         = "UserAssigned"
      identity_ids = [var.key_identity_id]
    }
  }

  lifecycle {
    precondition {
      condition     = var.premium || !var.use_key
      error_message = "A customer-managed key requires a premium registry."
    }
  }
}

resource "azurerm_role_assignment" "pull" {
  scope                = azurerm_container_registry.this.id
  role_definition_name = "AcrPull"
  principal_id         = var.kubelet_principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_monitor_diagnostic_setting" "this" {
  name                       = "audit"
  target_resource_id         = azurerm_container_registry.this.id
  log_analytics_workspace_id = var.workspace_id

  enabled_log {
    category_group = "audit"
  }
}
