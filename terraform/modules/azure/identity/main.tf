# A managed identity for workloads in the cluster: pods with the listed service accounts get it with a token of the cluster,
# without a password.

resource "azurerm_user_assigned_identity" "this" {
  name                = var.name
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

resource "azurerm_federated_identity_credential" "this" {
  for_each = var.service_accounts

  name                      = replace(each.key, "/", "-")
  user_assigned_identity_id = azurerm_user_assigned_identity.this.id
  issuer                    = var.issuer
  subject                   = "system:serviceaccount:${replace(each.key, "/", ":")}"
  audience                  = ["api://AzureADTokenExchange"]
}

resource "azurerm_role_assignment" "this" {
  for_each = var.roles

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.this.principal_id
  principal_type       = "ServicePrincipal"
  condition            = each.value.prefix == null ? null : templatefile("${path.module}/prefix.tftpl", { prefix = each.value.prefix })
  condition_version    = each.value.prefix == null ? null : "2.0"
}
