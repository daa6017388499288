"""What a stack is once it is deployed: its outputs, with every name that mfinfra reads written once, here.

The names are those that the root templates (terraform/stacks/*/outputs.tf.j2) and the CloudFormation template publish,
so they live beside rendering. It is also the lowest layer of those that read outputs: clouds, kube, engines and stacks
all stand above it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: What CloudFormation calls an output, and what Terraform calls the same.
_CLOUDFORMATION = {"ApiKeyId": "api_key_id", "BucketName": "bucket_name", "DatabaseSecret": "database_secret_arn"}
_CLOUDFORMATION_LISTS = {"QueueArns": "queue_arns", "LogBucketNames": "log_bucket_names"}


@dataclass(frozen=True)
class ClusterOutput:
    """The cluster of a stack as its outputs describe it; what they do not name is empty."""

    name: str = ""
    host: str = ""
    ca_certificate: str = ""
    location: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether its API can be reached with what the outputs say."""
        return bool(self.name and self.host and self.ca_certificate)


@dataclass(frozen=True)
class StackOutputs:
    """The outputs of a stack. Those it has not are empty; `document` is all of them, as the engine gave them."""

    runtime_config: Mapping[str, str] = field(default_factory=dict)
    namespace_configs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    cluster: ClusterOutput = field(default_factory=ClusterOutput)
    resource_group: str | None = None
    queue_arns: tuple[str, ...] = ()
    bucket_name: str | None = None
    log_bucket_names: tuple[str, ...] = ()
    api_key_id: str | None = None
    ui_url: str | None = None
    document: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not self.document

    @property
    def text(self) -> str:
        """As records and manifests hold them; `parsed` reads it back."""
        return json.dumps(self.document)


def of(document: Mapping[str, Any]) -> StackOutputs:
    """The outputs in what an engine gives. A stack that is not whole lacks some, a newer one has more."""
    return StackOutputs(
        runtime_config=_texts(document.get("runtime_config")),
        namespace_configs={name: _texts(found) for name, found in _mapping(document.get("namespace_configs")).items()},
        cluster=_cluster(document.get("cluster")),
        resource_group=_text(document.get("resource_group")),
        queue_arns=_list(document.get("queue_arns")),
        bucket_name=_text(document.get("bucket_name")),
        log_bucket_names=_list(document.get("log_bucket_names")),
        api_key_id=_text(document.get("api_key_id")),
        ui_url=_text(document.get("ui_url")),
        document=dict(document),
    )


def parsed(text: str | None) -> StackOutputs:
    """The outputs in a text; none for a text that is damaged."""
    try:
        return of(_mapping(json.loads(text or "{}")))
    except ValueError:
        return StackOutputs()


def of_cloudformation(values: Mapping[str, str], settings: Mapping[str, str]) -> StackOutputs:
    """The outputs of a CloudFormation stack; `settings` says which of them are settings of the runtime."""
    document: dict[str, Any] = {
        "runtime_config": {settings[key]: value for key, value in values.items() if key in settings}
    }
    document |= {name: values[key] for key, name in _CLOUDFORMATION.items() if key in values}
    for key, name in _CLOUDFORMATION_LISTS.items():
        document[name] = [part for part in values.get(key, "").split(",") if part]
    return of(document)


def _cluster(found: Any) -> ClusterOutput:
    said = _mapping(found)
    return ClusterOutput(*(_text(said.get(key)) or "" for key in ("name", "host", "ca_certificate", "location")))


def _mapping(found: Any) -> dict[str, Any]:
    return {str(key): value for key, value in found.items()} if isinstance(found, dict) else {}


def _texts(found: Any) -> dict[str, str]:
    return {key: str(value) for key, value in _mapping(found).items()}


def _text(found: Any) -> str | None:
    return str(found) if found else None


def _list(found: Any) -> tuple[str, ...]:
    """A list, or the values of a map."""
    values = found.values() if isinstance(found, dict) else found if isinstance(found, (list, tuple)) else ()
    return tuple(str(value) for value in values if value)
