"""VPC links of REST APIs: API Gateway's calls and the type of CloudFormation."""

from __future__ import annotations

import json
import secrets
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import apigateway, apigateway_v1

from . import resources
from .resources import Made

Props = dict[str, Any]

_links = AccountRegionScopedDict()


def install() -> None:
    handle, forget = apigateway.handle_request, apigateway_v1.reset

    async def with_links(method: str, path: str, headers: dict[str, str], body: bytes, query: Props) -> Any:
        parts = path.strip("/").split("/")
        if parts[0] != "vpclinks":
            return await handle(method, path, headers, body, query)
        return _answer(method, "/".join(parts[1:]), body)

    def reset() -> None:
        forget()
        _links.clear()

    apigateway.handle_request, apigateway_v1.reset = with_links, reset
    resources.register(
        "AWS::ApiGateway::VpcLink", _create, _update, _delete, replacing=("TargetArns",), tags=("Tags", "list")
    )


def _answer(method: str, link: str, body: bytes) -> Any:
    if method == "POST":
        return apigateway_v1._v1_response(_make(json.loads(body)), 202)
    if not link:
        return apigateway_v1._v1_response({"item": list(_links.values())})
    if link not in _links:
        return apigateway_v1._v1_error("NotFoundException", "Invalid Vpc Link identifier specified", 404)
    if method == "DELETE":
        del _links[link]
        return 202, {}, b""
    if method == "PATCH":
        for change in json.loads(body).get("patchOperations", []):
            _links[link][change["path"].strip("/")] = change.get("value")
    return apigateway_v1._v1_response(_links[link])


def _make(wanted: Props) -> Props:
    link = secrets.token_hex(3)
    _links[link] = {
        "id": link,
        "name": wanted["name"],
        "description": wanted.get("description", ""),
        "targetArns": wanted["targetArns"],
        "status": "AVAILABLE",
        "statusMessage": "Your vpc link is ready for use",
        "tags": wanted.get("tags", {}),
    }
    return _links[link]  # type: ignore[no-any-return]


def _create(logical_id: str, props: Props, stack: str) -> Made:
    made = _make(
        {"name": props["Name"], "targetArns": props["TargetArns"], "description": props.get("Description", "")}
    )
    return _update(made["id"], {}, props, stack)


def _update(physical_id: str, old: Props, new: Props, stack: str) -> Made:
    tags = {item["Key"]: item["Value"] for item in new.get("Tags", [])}
    _links[physical_id].update(name=new["Name"], description=new.get("Description", ""), tags=tags)
    return physical_id, {"VpcLinkId": physical_id}


def _delete(physical_id: str, props: Props) -> None:
    if physical_id in _links:
        del _links[physical_id]


def everything_tagged() -> list[tuple[str, dict[str, str]]]:
    """(path, tags) of every link."""
    return [(f"vpclinks/{name}", link["tags"]) for name, link in _links.items()]
