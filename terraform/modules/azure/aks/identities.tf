# Identities of the cluster and its nodes, and the administrators of the cluster.

resource "azurerm_user_assigned_identity" "cluster" {
  name                = "${var.name}-cluster"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

resource "azurerm_user_assigned_identity" "machines" {
  name                = "${var.name}-machines"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags
}

locals {
  cluster_roles = merge(
    {
      subnet   = { scope = var.subnet_id, role = "Network Contributor" }
      machines = { scope = azurerm_user_assigned_identity.machines.id, role = "Managed Identity Operator" }
    },
    var.use_disk_key ? { disks = { scope = var.disk_encryption_set_id, role = "Reader" } } : {},
  )
}

resource "azurerm_role_assignment" "cluster" {
  for_each = local.cluster_roles

  scope                = each.value.scope
  role_definition_name = each.value.role
  principal_id         = azurerm_user_assigned_identity.cluster.principal_id
  principal_type       = "ServicePrincipal"
}

# A role assignment takes time to propagate; until then, creating the cluster fails.
resource "time_sleep" "roles" {
  create_duration = "60s"

  depends_on = [azurerm_role_assignment.cluster]
}

# Assigned for the resource group and before the cluster is created, which takes minutes: the role has propagated by the first
# request. Applying as another principal keeps this assignment; `administrators` in the root module grants the same role to others.
resource "azurerm_role_assignment" "deployer" {
  scope                = var.resource_group_id
  role_definition_name = "Azure Kubernetes Service RBAC Cluster Admin"
  principal_id         = var.deployer_id

  lifecycle {
    ignore_changes = [principal_id]
  }
}
