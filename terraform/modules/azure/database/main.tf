# PostgreSQL inside the network: no public address, TLS only. Its password comes from the key vault and goes nowhere else.

locals {
  username = "metaflow"
  # The disks that there are; what is asked for is rounded up.
  sizes_gb   = [32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384]
  storage_gb = min([for size in local.sizes_gb : size if size >= var.storage_gb]...)
  settings = {
    "require_secure_transport"   = "on"
    "ssl_min_protocol_version"   = "TLSv1.2"
    "log_min_duration_statement" = "1000"
    "log_checkpoints"            = "on"
  }
}

resource "azurerm_private_dns_zone" "this" {
  name                = "${var.name}.private.postgres.database.azure.com"
  resource_group_name = var.resource_group_name
  tags                = var.tags
}

resource "azurerm_private_dns_zone_virtual_network_link" "this" {
  name                = var.name
  private_dns_zone_id = azurerm_private_dns_zone.this.id
  virtual_network_id  = var.virtual_network_id
  tags                = var.tags
}

resource "azurerm_postgresql_flexible_server" "this" {
  #checkov:skip=CKV_AZURE_136:a second region doubles the cost of backups, and asks for a second key
  #checkov:skip=CKV2_AZURE_57:the server is inside the network, by a subnet of its own
  name                          = var.server_name
  resource_group_name           = var.resource_group_name
  location                      = var.location
  version                       = var.postgres_version
  sku_name                      = var.instance_class
  delegated_subnet_id           = var.subnet_id
  private_dns_zone_id           = azurerm_private_dns_zone.this.id
  public_network_access_enabled = false

  administrator_login               = local.username
  administrator_password_wo         = var.password
  administrator_password_wo_version = var.password_version

  storage_mb                   = local.storage_gb * 1024
  auto_grow_enabled            = var.max_storage_gb > local.storage_gb
  backup_retention_days        = max(7, var.backup_days) # Azure keeps none for less
  geo_redundant_backup_enabled = false
  tags                         = var.tags

  authentication {
    password_auth_enabled         = true
    active_directory_auth_enabled = false
  }

  dynamic "high_availability" {
    for_each = var.high_availability ? [1] : []

    content {
      mode = var.zones > 1 ? "ZoneRedundant" : "SameZone"
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
      key_vault_key_id                  = var.key_url
      primary_user_assigned_identity_id = var.key_identity_id
    }
  }

  lifecycle {
    # A disk that grew by itself would be made anew with the server, to be as small as it was told. Zones are Azure's
    # choice, and change places when the standby takes over.
    ignore_changes = [storage_mb, zone, high_availability[0].standby_availability_zone]

    precondition {
      condition     = !(var.high_availability && startswith(var.instance_class, "B_"))
      error_message = "Burstable instance class ${var.instance_class} does not support a standby. Use an instance class that begins with GP_ or MO_."
    }
  }

  depends_on = [azurerm_private_dns_zone_virtual_network_link.this]
}

resource "azurerm_postgresql_flexible_server_configuration" "this" {
  for_each = local.settings

  name      = each.key
  server_id = azurerm_postgresql_flexible_server.this.id
  value     = each.value
}

resource "azurerm_postgresql_flexible_server_database" "this" {
  name      = "metaflow"
  server_id = azurerm_postgresql_flexible_server.this.id
  charset   = "UTF8"
  collation = "en_US.utf8"

  depends_on = [azurerm_postgresql_flexible_server_configuration.this]
}

resource "azurerm_monitor_diagnostic_setting" "this" {
  name                       = "logs"
  target_resource_id         = azurerm_postgresql_flexible_server.this.id
  log_analytics_workspace_id = var.workspace_id

  enabled_log {
    category = "PostgreSQLLogs"
  }
}
