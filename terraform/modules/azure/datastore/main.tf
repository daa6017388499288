# The storage account and its container for artifacts, code packages, cards and data. Shared keys are disabled: all access
# requires a role.

locals {
  prefix    = "metaflow"
  given     = var.create_container ? ["", ""] : split("/", var.container_path)
  account   = var.create_container ? azurerm_storage_account.this[0].name : local.given[0]
  id        = var.create_container ? azurerm_storage_account.this[0].id : data.azurerm_resources.this[0].resources[0].id
  endpoint  = var.create_container ? azurerm_storage_account.this[0].primary_blob_endpoint : "https://${local.account}.blob.core.windows.net/"
  container = var.create_container ? azurerm_storage_container.this[0].name : local.given[1]
  # Roles are assigned for the container only.
  scope = "${local.id}/blobServices/default/containers/${local.container}"
  root  = "${local.container}/${local.prefix}"
}

# The data source of storage accounts would write their keys into the state; this one reads only the id.
data "azurerm_resources" "this" {
  count = var.create_container ? 0 : 1

  type = "Microsoft.Storage/storageAccounts"
  name = local.given[0]

  lifecycle {
    postcondition {
      condition     = length(self.resources) == 1
      error_message = "Storage account ${local.given[0]} was not found in the subscription."
    }
  }
}

resource "azurerm_storage_account" "this" {
  #checkov:skip=CKV_AZURE_33:the account has no queues
  #checkov:skip=CKV_AZURE_35:set by allow_ips; if it is empty, roles alone control access
  #checkov:skip=CKV_AZURE_43:the name is an expression; a validation checks it
  #checkov:skip=CKV_AZURE_59:flows are started from machines outside of the network
  #checkov:skip=CKV2_AZURE_33:a stack in its own network that is not a sandbox also has a private endpoint; an existing network is not changed
  count = var.create_container ? 1 : 0

  name                             = var.account_name
  resource_group_name              = var.resource_group_name
  location                         = var.location
  account_kind                     = "StorageV2"
  account_tier                     = "Standard"
  account_replication_type         = var.zone_redundant ? "ZRS" : "LRS"
  min_tls_version                  = "TLS1_2"
  https_traffic_only_enabled       = true
  shared_access_key_enabled        = false
  default_to_oauth_authentication  = true
  local_user_enabled               = false
  allow_nested_items_to_be_public  = false
  cross_tenant_replication_enabled = false
  allowed_copy_scope               = "AAD"
  tags                             = var.tags

  network_rules {
    default_action             = length(var.allow_ips) > 0 ? "Deny" : "Allow"
    bypass                     = ["AzureServices", "Logging", "Metrics"]
    ip_rules                   = var.allow_ips
    virtual_network_subnet_ids = var.allow_subnet_ids
  }

  sas_policy {
    expiration_period = "01.00:00:00"
  }

  blob_properties {
    versioning_enabled = var.versioning

    delete_retention_policy {
      days = var.versioning ? min(365, var.noncurrent_days) : 7
    }

    container_delete_retention_policy {
      days = 7
    }
  }

  dynamic "identity" {
    for_each = var.use_key ? [1] : []

    content {
      type         = "UserAssigned"
      identity_ids = [var.key_identity_id]
    }
  }

  dynamic "customer_managed_key" {
    for_each = var.use_key ? [1] : []

    content {
      key_vault_key_id          = var.key_url
      user_assigned_identity_id = var.key_identity_id
    }
  }

  # Changing the replication would replace the account, so it keeps its initial setting.
  lifecycle {
    ignore_changes = [account_replication_type]
  }
}

resource "azurerm_storage_container" "this" {
  #checkov:skip=CKV2_AZURE_21:set by access_logs in the stack file
  count = var.create_container ? 1 : 0

  name                  = "flows"
  storage_account_id    = azurerm_storage_account.this[0].id
  container_access_type = "private"
}

resource "azurerm_storage_management_policy" "this" {
  count = var.create_container ? 1 : 0

  storage_account_id = azurerm_storage_account.this[0].id

  rule {
    name    = "old-versions"
    enabled = true

    filters {
      blob_types = ["blockBlob"]
    }

    actions {
      version {
        delete_after_days_since_creation = var.noncurrent_days
      }

      snapshot {
        delete_after_days_since_creation_greater_than = var.noncurrent_days
      }
    }
  }
}

# The principal that deploys can run flows from its machine. Applying as another principal keeps this assignment;
# `administrators` in the root module grants the same role to others.
resource "azurerm_role_assignment" "deployer" {
  scope                = local.scope
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = var.deployer_id

  lifecycle {
    ignore_changes = [principal_id]
  }

  depends_on = [azurerm_storage_container.this]
}

resource "azurerm_monitor_diagnostic_setting" "this" {
  count = var.create_container && var.access_logs ? 1 : 0

  name                       = "access"
  target_resource_id         = "${azurerm_storage_account.this[0].id}/blobServices/default"
  log_analytics_workspace_id = var.workspace_id

  enabled_log {
    category = "StorageRead"
  }

  enabled_log {
    category = "StorageWrite"
  }

  enabled_log {
    category = "StorageDelete"
  }
}
