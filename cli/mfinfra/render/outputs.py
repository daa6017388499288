"""The outputs of a deployed stack, as far as mfinfra reads them.

They are declared in the root templates (terraform/stacks/*/outputs.tf.j2), and for CloudFormation in
`cloudformation.py`; those templates have further outputs for people. This module is part of rendering, and the lowest
layer that reads outputs: clouds, kube, engines and stacks import it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: The name of an output in CloudFormation, and the same output in Terraform.
_CLOUDFORMATION = {"ApiKeyId": "api_key_id", "BucketName": "bucket_name", "DatabaseSecret": "database_secret_arn"}
_CLOUDFORMATION_LISTS = {"QueueArns": "queue_arns", "LogBucketNames": "log_bucket_names"}


@dataclass(frozen=True)
class ClusterOutput:
    """The cluster of a stack in its outputs; missing values are empty."""

    name: str = ""
    host: str = ""
    ca_certificate: str = ""
    location: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether the outputs contain everything that a request to its API needs."""
        return bool(self.name and self.host and self.ca_certificate)


@dataclass(frozen=True)
class StackOutputs:
    """The outputs of a stack; missing ones are empty. `document` contains all outputs, as the engine returned them."""

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
        """The outputs as JSON, for records and manifests; `parsed` is the inverse."""
        return json.dumps(self.document)


def of(document: Mapping[str, Any]) -> StackOutputs:
    """Parse the outputs of an engine. An incomplete stack has fewer outputs, a newer one can have more."""
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
    """Parse outputs from JSON; empty if the text is corrupt."""
    try:
        return of(_mapping(json.loads(text or "{}")))
    except ValueError:
        return StackOutputs()


def of_cloudformation(values: Mapping[str, str], settings: Mapping[str, str]) -> StackOutputs:
    """The outputs of a CloudFormation stack; `settings` maps outputs to runtime settings."""
    document: dict[str, Any] = {
        "runtime_config": {settings[key]: value for key, value in values.items() if key in settings}
    }
    document |= {name: values[key] for key, name in _CLOUDFORMATION.items() if key in values}
    for key, name in _CLOUDFORMATION_LISTS.items():
        document[name] = [part for part in values.get(key, "").split(",") if part]
    return of(document)


def _cluster(found: Any) -> ClusterOutput:
    values = _mapping(found)
    return ClusterOutput(*(_text(values.get(key)) or "" for key in ("name", "host", "ca_certificate", "location")))


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
