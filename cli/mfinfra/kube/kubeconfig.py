"""Entries for kubeconfig files. An exec plugin gets tokens when they are needed; no file contains a token."""

from __future__ import annotations

import os
import sys
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..clouds.base import ClusterToken
from ..errors import MfinfraError
from ..machine.paths import home, write_text
from .cluster import Cluster

if TYPE_CHECKING:
    from ..stackfile.schema import StackConfig

_VERSION = "client.authentication.k8s.io/v1"
#: The application ID of the AKS Entra server, the same for every cluster.
_AKS_SERVER = "6dae42f8-4368-4678-94ff-3960e28e3630"
_NO_PROGRAM = "Install the CLI of the cloud, or write the entry again without --native."


def context_of(stack: str) -> str:
    return f"mfinfra-{stack}"


def default_path() -> Path:
    """The file that kubectl uses: the first of KUBECONFIG, else ~/.kube/config."""
    first = os.environ.get("KUBECONFIG", "").split(os.pathsep)[0]
    return Path(first).expanduser() if first else home() / ".kube" / "config"


def own(stack: str) -> dict[str, Any]:
    """A user entry that gets tokens from this mfinfra, which finds the stack in the same data folder."""
    found: dict[str, Any] = {"command": sys.executable, "args": ["-m", "mfinfra", "kube-token", stack]}
    data_home = os.environ.get("XDG_DATA_HOME")
    return {**found, "env": [{"name": "XDG_DATA_HOME", "value": data_home}]} if data_home else found


def native(config: StackConfig, cluster: Cluster) -> dict[str, Any]:
    """A user entry that gets tokens from the CLI of the cloud."""
    if config.cloud == "aws":
        args = ["eks", "get-token", "--cluster-name", cluster.name, "--region", str(config.region), "--output", "json"]
        return {"command": "aws", "args": args, "apiVersion": "client.authentication.k8s.io/v1beta1"}
    if config.cloud == "azure":
        return {"command": "kubelogin", "args": ["get-token", "--login", "azurecli", "--server-id", _AKS_SERVER],
                "apiVersion": "client.authentication.k8s.io/v1beta1"}  # fmt: skip
    return {"command": "gke-gcloud-auth-plugin", "provideClusterInfo": True,
            "apiVersion": "client.authentication.k8s.io/v1beta1"}  # fmt: skip


def credential(token: ClusterToken) -> dict[str, Any]:
    """The ExecCredential object that an exec plugin prints."""
    from datetime import datetime, timezone

    ends = datetime.fromtimestamp(token.expires_at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    status = {"token": token.text, "expirationTimestamp": ends}
    return {"kind": "ExecCredential", "apiVersion": _VERSION, "spec": {"interactive": False}, "status": status}


def write(path: Path, stack: str, cluster: Cluster, user: dict[str, Any], namespace: str) -> bool:
    """Add or replace a stack's entries in a file, and keep all others; returns whether its context is the current one.
    Only the owner can read the file. Raises MfinfraError if it is not a kubeconfig file."""
    import base64

    from ruamel.yaml import YAML

    path = Path(os.path.realpath(path))  # keep a symbolic link
    yaml = YAML()
    yaml.width = 10_000
    content, name = _read(path, yaml), context_of(stack)
    authority = base64.b64encode(cluster.ca_certificate.encode()).decode()
    plugin = {"apiVersion": _VERSION, "interactiveMode": "Never", "installHint": _NO_PROGRAM, **user}
    _put(content, "clusters", name, {"cluster": {"server": cluster.host, "certificate-authority-data": authority}})
    _put(content, "users", name, {"user": {"exec": plugin}})
    _put(content, "contexts", name, {"context": {"cluster": name, "user": name, "namespace": namespace}})
    if not content.get("current-context"):
        content["current-context"] = name
    text = StringIO()
    yaml.dump(content, text)
    write_text(path, text.getvalue(), 0o600)
    return bool(content["current-context"] == name)


def _read(path: Path, yaml: Any) -> Any:
    from ruamel.yaml.error import YAMLError

    try:
        found = yaml.load(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        found = None
    except (OSError, ValueError, YAMLError) as exc:
        reason = getattr(exc, "strerror", None) or getattr(exc, "problem", None) or "it is not valid YAML"
        raise MfinfraError(
            f"{path} cannot be read: {reason}.", hint="Fix the file, or select another one with --out"
        ) from exc
    if found is None:
        return {"apiVersion": "v1", "kind": "Config"}
    if not isinstance(found, dict) or found.get("kind", "Config") != "Config" or not _has_lists(found):
        raise MfinfraError(
            f"{path} is not a kubeconfig file. It was not changed.", hint="Select another file with --out"
        )
    return found


def _has_lists(found: dict[str, Any]) -> bool:
    return all(isinstance(found.get(key) or [], list) for key in ("clusters", "users", "contexts"))


def _put(content: Any, key: str, name: str, entry: dict[str, Any]) -> None:
    """Replace the entry of a name at its position, or append it."""
    entries = content.get(key) or []
    content[key] = entries
    for number, one in enumerate(entries):
        if isinstance(one, dict) and one.get("name") == name:
            entries[number] = {"name": name, **entry}
            return
    entries.append({"name": name, **entry})


def remove(path: Path, stack: str) -> bool:
    """Remove a stack's entries from a file; returns whether it had any. A file that cannot be read is not changed."""
    from ruamel.yaml import YAML

    path, yaml, name = Path(os.path.realpath(path)), YAML(), context_of(stack)
    yaml.width = 10_000
    try:
        content = _read(path, yaml)
    except MfinfraError:
        return False
    found = False
    for key in ("clusters", "users", "contexts"):
        for one in [e for e in content.get(key) or [] if isinstance(e, dict) and e.get("name") == name]:
            content[key].remove(one)
            found = True
    if found:
        if content.get("current-context") == name:
            content["current-context"] = ""
        text = StringIO()
        yaml.dump(content, text)
        write_text(path, text.getvalue(), 0o600)
    return found
