provider "azurerm" {
  subscription_id = "99999999-0000-0000-0000-000000000000"
  features {}
}

data "azurerm_client_config" "me" {}

resource "azurerm_resource_group" "g" {
  name     = "rg-x"
  location = "westeurope"
}

resource "azurerm_virtual_network" "v" {
  name                = "vn"
  location            = azurerm_resource_group.g.location
  resource_group_name = azurerm_resource_group.g.name
  address_space       = ["10.0.0.0/16"]
}

resource "azurerm_subnet" "s" {
  name                 = "s"
  resource_group_name  = azurerm_resource_group.g.name
  virtual_network_name = azurerm_virtual_network.v.name
  address_prefixes     = ["10.0.1.0/24"]
}

resource "azurerm_storage_account" "a" {
  name                     = "flowsx"
  location                 = azurerm_resource_group.g.location
  resource_group_name      = azurerm_resource_group.g.name
  account_tier             = "Standard"
  account_replication_type = "ZRS"
}

resource "azurerm_storage_container" "c" {
  name               = "flows"
  storage_account_id = azurerm_storage_account.a.id
}

resource "azurerm_user_assigned_identity" "u" {
  name                = "task"
  location            = azurerm_resource_group.g.location
  resource_group_name = azurerm_resource_group.g.name
}

resource "azurerm_role_assignment" "r" {
  scope                = azurerm_storage_account.a.id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = azurerm_user_assigned_identity.u.principal_id
}

resource "azurerm_key_vault" "v" {
  name                       = "vault-x"
  location                   = azurerm_resource_group.g.location
  resource_group_name        = azurerm_resource_group.g.name
  tenant_id                  = data.azurerm_client_config.me.tenant_id
  sku_name                   = "standard"
  rbac_authorization_enabled = true
}

ephemeral "random_password" "p" {
  length = 32
}

resource "azurerm_key_vault_secret" "s" {
  name             = "db"
  key_vault_id     = azurerm_key_vault.v.id
  value_wo         = "marked-${ephemeral.random_password.p.result}"
  value_wo_version = 1
}

resource "azurerm_postgresql_flexible_server" "d" {
  name                              = "db-x"
  location                          = azurerm_resource_group.g.location
  resource_group_name               = azurerm_resource_group.g.name
  administrator_login               = "metaflow"
  administrator_password_wo         = "marked-${ephemeral.random_password.p.result}"
  administrator_password_wo_version = 1
  sku_name                          = "B_Standard_B1ms"
  storage_mb                        = 32768
}

resource "azurerm_kubernetes_cluster" "k" {
  name                = "k"
  location            = azurerm_resource_group.g.location
  resource_group_name = azurerm_resource_group.g.name
  dns_prefix          = "k"
  oidc_issuer_enabled = true
  default_node_pool {
    name           = "system"
    vm_size        = "Standard_D2s_v5"
    node_count     = 1
    vnet_subnet_id = azurerm_subnet.s.id
  }
  identity {
    type = "SystemAssigned"
  }
  node_provisioning_profile {
    mode = "Manual"
  }
}

output "bucket" { value = azurerm_storage_account.a.primary_blob_endpoint }
output "issuer" { value = azurerm_kubernetes_cluster.k.oidc_issuer_url }
output "principal" { value = azurerm_kubernetes_cluster.k.identity[0].principal_id }
output "subnet" { value = azurerm_subnet.s.id }
