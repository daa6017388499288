data "azuread_client_config" "me" {}

resource "azuread_application" "a" {
  display_name = "metaflow"
  owners       = [data.azuread_client_config.me.object_id]
}

resource "azuread_service_principal" "p" {
  client_id = azuread_application.a.client_id
}

resource "azuread_application_federated_identity_credential" "f" {
  application_id = azuread_application.a.id
  display_name   = "ci"
  audiences      = ["api://AzureADTokenExchange"]
  issuer         = "https://token.example.com"
  subject        = "repo:x"
}

output "application" { value = azuread_application.a.id }
output "principal" { value = azuread_service_principal.p.object_id }
