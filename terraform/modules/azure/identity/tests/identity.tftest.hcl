# Needs no account: responses of Azure are mocked.

mock_provider "azurerm" {
  mock_resource "azurerm_user_assigned_identity" {
    defaults = { id = "/subscriptions/s/resourceGroups/demo/providers/Microsoft.ManagedIdentity/userAssignedIdentities/demo-tasks", client_id = "33333333-3333-3333-3333-333333333333" }
  }
}

variables {
  name                = "demo-tasks"
  resource_group_name = "demo"
  location            = "westeurope"
  issuer              = "https://westeurope.oic.prod-aks.azure.com/t/i/"
  service_accounts    = ["team-a/flows", "team-b/flows"]
}

run "service_accounts_get_it" {
  command = apply

  variables {
    roles = {
      blobs  = { scope = "/subscriptions/s/resourceGroups/demo", role = "Storage Blob Data Contributor", prefix = "metaflow" }
      secret = { scope = "/subscriptions/s/resourceGroups/demo", role = "Key Vault Secrets User" }
    }
  }

  assert {
    condition     = toset([for credential in azurerm_federated_identity_credential.this : credential.subject]) == toset(["system:serviceaccount:team-a:flows", "system:serviceaccount:team-b:flows"])
    error_message = "Other service accounts get the identity."
  }

  assert {
    condition     = strcontains(azurerm_role_assignment.this["blobs"].condition, "StringLike 'metaflow/*'") && azurerm_role_assignment.this["secret"].condition == null
    error_message = "Blobs outside of the prefix are accessible."
  }

  assert {
    condition     = output.annotations["azure.workload.identity/client-id"] == "33333333-3333-3333-3333-333333333333"
    error_message = "Service accounts are bound to another identity."
  }
}

run "a_prefix_cannot_end_the_condition" {
  command = plan

  variables {
    roles = { blobs = { scope = "/subscriptions/s", role = "Storage Blob Data Reader", prefix = "x') OR ('a' StringLike 'a" } }
  }

  expect_failures = [var.roles]
}

run "more_than_azure_allows_are_refused" {
  command = plan

  variables {
    service_accounts = [for index in range(21) : "team-${index}/flows"]
  }

  expect_failures = [var.service_accounts]
}
