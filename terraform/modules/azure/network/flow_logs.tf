# Flow logs in a separate storage account. They are written with an identity, not with the key of the account,
# which would be in the state. The provider's resource has no argument for that, so an Azure template creates them.

locals {
  # Azure creates one Network Watcher in this group for each region with a network, and does not allow a second.
  watcher_group = "NetworkWatcherRG"
  watcher       = "NetworkWatcher_${lower(replace(var.location, " ", ""))}"
}

resource "azurerm_storage_account" "flow" {
  #checkov:skip=CKV_AZURE_33:the account has no queues
  #checkov:skip=CKV_AZURE_43:the name is an expression; a validation checks it
  #checkov:skip=CKV_AZURE_59:Azure writes these logs from outside of the network; only Azure services have access
  #checkov:skip=CKV_AZURE_206:logs are not replicated to a second region
  #checkov:skip=CKV2_AZURE_1:encrypted with keys managed by Azure; Network Watcher supports no others
  #checkov:skip=CKV2_AZURE_33:Azure writes these logs from outside of the network
  count = var.flow_logs ? 1 : 0

  name                            = var.flow_log_account
  resource_group_name             = var.resource_group_name
  location                        = var.location
  account_tier                    = "Standard"
  account_replication_type        = "LRS"
  min_tls_version                 = "TLS1_2"
  https_traffic_only_enabled      = true
  allow_nested_items_to_be_public = false
  shared_access_key_enabled       = false
  default_to_oauth_authentication = true
  local_user_enabled              = false
  tags                            = var.tags

  network_rules {
    default_action = "Deny"
    bypass         = ["AzureServices"]
  }

  sas_policy {
    expiration_period = "01.00:00:00"
  }

  blob_properties {
    delete_retention_policy {
      days = 7
    }
  }
}

resource "azurerm_storage_management_policy" "flow" {
  count = var.flow_logs ? 1 : 0

  storage_account_id = azurerm_storage_account.flow[0].id

  rule {
    name    = "old-logs"
    enabled = true

    filters {
      blob_types = ["blockBlob", "appendBlob"]
    }

    actions {
      base_blob {
        delete_after_days_since_creation_greater_than = var.log_retention_days
      }
    }
  }
}

resource "azurerm_user_assigned_identity" "flow" {
  count = var.flow_logs ? 1 : 0

  name                = "${var.name}-flow-logs"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

resource "azurerm_role_assignment" "flow" {
  count = var.flow_logs ? 1 : 0

  scope                = azurerm_storage_account.flow[0].id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = azurerm_user_assigned_identity.flow[0].principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_resource_group_template_deployment" "flow" {
  count = var.flow_logs ? 1 : 0

  name                = "${var.name}-flow-logs"
  resource_group_name = local.watcher_group
  deployment_mode     = "Incremental"
  tags                = var.tags

  template_content = jsonencode({
    "$schema"      = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    contentVersion = "1.0.0.0"
    resources = [{
      type       = "Microsoft.Network/networkWatchers/flowLogs"
      apiVersion = "2025-07-01"
      name       = "${local.watcher}/${var.name}"
      location   = var.location
      tags       = var.tags
      identity = {
        type                   = "UserAssigned"
        userAssignedIdentities = { (azurerm_user_assigned_identity.flow[0].id) = {} }
      }
      properties = {
        enabled          = true
        targetResourceId = azurerm_virtual_network.this.id
        storageId        = azurerm_storage_account.flow[0].id
        format           = { type = "JSON", version = 2 }
        retentionPolicy  = { enabled = false, days = 0 } # the lifecycle policy of the account deletes old logs
      }
    }]
  })

  # Azure creates the Network Watcher of a region after its first network.
  depends_on = [azurerm_role_assignment.flow, azurerm_subnet.cluster, azurerm_subnet.database, azurerm_subnet.endpoints]
}
