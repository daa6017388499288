"""Entra ID: the ids of directory objects and their secrets."""

from __future__ import annotations

from .azurerm import CLIENT, OBJECT, TENANT
from .base import Overlay, Values, guid, plain, text

#: Types whose id is a path below that of what they belong to.
_BELOW = {
    "azuread_application_password": "{application_id}/password/{uuid}",
    "azuread_application_federated_identity_credential": "{application_id}/federatedIdentityCredential/{uuid}",
    "azuread_application_app_role": "{application_id}/appRoles/{role_id}",
    "azuread_application_identifier_uri": "{application_id}/identifierUris/{uuid}",
    "azuread_application_owner": "{application_id}/owners/{owner_object_id}",
    "azuread_application_redirect_uris": "{application_id}/redirectUris/{type}",
    "azuread_application_permission_scope": "{application_id}/permissionScopes/{scope_id}",
    "azuread_application_pre_authorized": "{application_id}/preAuthorizedApplications/{authorized_client_id}",
    "azuread_application_api_access": "{application_id}/apiAccess/{api_client_id}",
    "azuread_service_principal_password": "{service_principal_id}/password/{uuid}",
    "azuread_group_member": "{group_object_id}/member/{member_object_id}",
    "azuread_app_role_assignment": "/servicePrincipals/{resource_object_id}/appRoleAssignedTo/{uuid}",
}
_COLLECTIONS = {
    "azuread_application": "/applications/",
    "azuread_application_registration": "/applications/",
    "azuread_service_principal": "/servicePrincipals/",
    "azuread_group": "/groups/",
    "azuread_user": "/users/",
}


class AzureAd(Overlay):
    legacy = True
    appearing = {}
    always_new = {"application_id", "service_principal_id"}
    sensitive = {
        "azuread_application": {"password.value"},
        "azuread_application_password": {"value"},
        "azuread_service_principal_password": {"value"},
        "azuread_user": {"password"},
    }
    force_new = {
        "azuread_service_principal": {"client_id"},
        "azuread_app_role_assignment": {"*"},
        "azuread_group_member": {"*"},
        "azuread_application_federated_identity_credential": {"subject"},
        "azuread_application_password": {"*"},
        "azuread_service_principal_password": {"*"},
    }

    @property
    def tenant(self) -> str:
        return text(self.settings, "tenant_id") or TENANT

    def made(self, kind: str, values: Values, config: Values) -> Values:
        uuid = guid(kind, plain(values))
        form = _BELOW.get(kind, _COLLECTIONS.get(kind, "") + "{uuid}")
        found = {
            "id": form.format_map({**values, "uuid": uuid}),
            "object_id": uuid,
            "key_id": uuid,
            "credential_id": uuid,
        }
        if kind in ("azuread_application", "azuread_application_registration"):
            found["client_id"] = guid(uuid, "client")
        return {
            **found,
            "application_tenant_id": self.tenant,
            "start_date": "2026-01-01T00:00:00Z",
            "end_date": "2028-01-01T00:00:00Z",
        }

    def data(self, kind: str, config: Values) -> Values:
        if kind == "azuread_client_config":
            return {
                "id": f"{self.tenant}-{CLIENT}-{OBJECT}",
                "client_id": CLIENT,
                "object_id": OBJECT,
                "tenant_id": self.tenant,
            }
        uuid = text(config, "object_id") or guid(kind, plain(config))
        return {"id": _COLLECTIONS.get(kind, "") + uuid, "object_id": uuid}
