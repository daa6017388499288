# Who the cluster and its machines are, and who may rule the cluster.

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

# A role is known everywhere only after a while; a cluster that is made before is refused.
resource "time_sleep" "roles" {
  create_duration = "60s"

  depends_on = [azurerm_role_assignment.cluster]
}

# Given for the resource group and before the cluster is made, which takes minutes: when the first request comes, the role
# is known everywhere. Whoever applies next keeps what there is; `administrators` of the root gives more people the same.
resource "azurerm_role_assignment" "deployer" {
  scope                = var.resource_group_id
  role_definition_name = "Azure Kubernetes Service RBAC Cluster Admin"
  principal_id         = var.deployer_id

  lifecycle {
    ignore_changes = [principal_id]
  }
}
