"""CloudFormation resource types that ministack lacks, or supports with fewer attributes.

Each is an entry in the store of the emulated service where there is one, so that describe calls show it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import provisioners

Made = tuple[str, dict[str, Any]]
Create = Callable[[str, dict[str, Any], str], Made]
Update = Callable[[str, dict[str, Any], dict[str, Any], str], Made]
Delete = Callable[[str, dict[str, Any]], None]

#: Types that no emulated service knows: kept as what the stack says of them.
PLAIN = (
    "AWS::ApiGateway::ClientCertificate",
    "AWS::Budgets::Budget",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::EC2::NetworkAcl",
    "AWS::EC2::NetworkAclEntry",
    "AWS::EC2::SubnetNetworkAclAssociation",
    "AWS::ECR::PullThroughCacheRule",
    "AWS::ECR::RegistryPolicy",
    "AWS::ECS::ClusterCapacityProviderAssociations",
    "AWS::IAM::ServiceLinkedRole",
    "AWS::Logs::AccountPolicy",
    "AWS::Logs::Delivery",
    "AWS::Logs::DeliveryDestination",
    "AWS::Logs::DeliverySource",
    "AWS::Logs::Destination",
    "AWS::Logs::LogAnomalyDetector",
    "AWS::Logs::QueryDefinition",
    "AWS::Logs::Transformer",
    "AWS::ResourceGroups::Group",
    "AWS::SecretsManager::ResourcePolicy",
    "AWS::WAFv2::LoggingConfiguration",
    "AWS::WAFv2::WebACLAssociation",
)

#: Numbers of templates that ministack computes with. Out of parameters they come as text, and CloudFormation converts.
NUMBERS = {"AWS::ECS::Service": ("DesiredCount",)}


def install() -> None:
    from . import batch_resources, network, roles, secret_rotation

    for part in (batch_resources, network, roles, secret_rotation):
        part.register()
    for kind in PLAIN:
        register(kind, _create_plain, _update_plain, _forget)
    for kind, fields in NUMBERS.items():
        _convert(kind, fields)


def register(
    kind: str,
    create: Create,
    update: Update,
    delete: Delete,
    *,
    replacing: Iterable[str] = (),
    tags: tuple[str, str] | None = None,
) -> None:
    """Register a CloudFormation type: its handlers, the properties whose change replaces it, and its tags."""
    provisioners._RESOURCE_HANDLERS[kind] = {"create": create, "update": update, "delete": delete}
    provisioners._REPLACING_PROPERTIES[kind] = tuple(replacing)
    if tags:
        provisioners._STACK_TAG_PROPERTY[kind] = tags


def extend(kind: str, attributes: Callable[[str, dict[str, Any]], dict[str, Any]]) -> None:
    """Add attributes for Fn::GetAtt to a type of ministack."""
    handlers = provisioners._RESOURCE_HANDLERS[kind]
    for verb, place in (("create", 1), ("update", 2)):
        if verb in handlers:
            handlers[verb] = _extended(handlers[verb], place, attributes)


def _extended(
    change: Callable[..., Made], place: int, attributes: Callable[..., dict[str, Any]]
) -> Callable[..., Made]:
    def extended(*args: Any) -> Made:
        physical_id, found = change(*args)
        return physical_id, {**attributes(physical_id, args[place]), **found}

    return extended


def _convert(kind: str, fields: tuple[str, ...]) -> None:
    handlers = provisioners._RESOURCE_HANDLERS[kind]
    for verb, place in (("create", 1), ("update", 2)):
        handlers[verb] = _converted(handlers[verb], place, fields)


def _converted(change: Callable[..., Made], place: int, fields: tuple[str, ...]) -> Callable[..., Made]:
    def converted(*args: Any) -> Made:
        props = {key: int(value) if key in fields else value for key, value in args[place].items()}
        return change(*args[:place], props, *args[place + 1 :])

    return converted


def name_for(stack: str, logical_id: str) -> str:
    """A generated name in the format of CloudFormation."""
    return str(provisioners._physical_name(stack, logical_id))


def new_id(prefix: str) -> str:
    return f"{prefix}-{secrets.token_hex(9)[:17]}"


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{get_region()}:{get_account_id()}:{resource}"


def _create_plain(logical_id: str, props: dict[str, Any], stack: str) -> Made:
    name = str(props.get("Name") or name_for(stack, logical_id))
    return name, {"Arn": arn("testcloud", name), "Id": name, **props}


def _update_plain(physical_id: str, _old: dict[str, Any], new: dict[str, Any], _stack: str) -> Made:
    return physical_id, {"Arn": arn("testcloud", physical_id), "Id": physical_id, **new}


def _forget(_physical_id: str, _props: dict[str, Any]) -> None:
    return
