"""The environment of Terraform: variables of the shell that change what is planned, or where the state is, are removed.

Shells set them for other projects, and `TF_CLI_ARGS_plan=-destroy` would delete the stack. Credentials, endpoints,
proxies, caches and mirrors are kept.

Sources: "Environment variables" of the Terraform CLI; the argument references of the providers aws, helm and kubernetes
and of the backends s3, azurerm and gcs, which name the variable of each argument.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

#: Variables of Terraform and OpenTofu that configure downloads, credentials and encryption. All others are
#: removed, so that a variable of a later version is removed too.
_KEPT = re.compile(
    r"TF_(CLI_CONFIG_FILE|PLUGIN_CACHE_.+|REATTACH_PROVIDERS|REGISTRY_.+|PROVIDER_DOWNLOAD_RETRY|TOKEN_.+|ENCRYPTION"
    r"|APPEND_USER_AGENT|STATE_PERSIST_INTERVAL|DISABLE_PLUGIN_TLS)"
)
#: Variables that only make Terraform prompt, check for updates, or mix logs with events.
_QUIET = re.compile(r"TF_(LOG(_.+)?|INPUT|IN_AUTOMATION)")
#: Variables of the providers for clusters: another API server, another identity, another storage of Helm releases; and
#: keys with which the backends would encrypt the state.
_OTHERS = re.compile(
    r"KUBE_.+|HELM_(?!REGISTRY_CONFIG|REPOSITORY_(CACHE|CONFIG)|(CACHE|CONFIG|DATA)_HOME).+"
    r"|AWS_SSE_CUSTOMER_KEY|GOOGLE_(ENCRYPTION_KEY|KMS_ENCRYPTION_KEY)|ARM_SNAPSHOT"
)


def of_terraform(shell: Mapping[str, str], extra: Mapping[str, str]) -> dict[str, str]:
    """The environment of a Terraform command: that of the shell without the variables above, and `extra`."""
    kept = {name: value for name, value in shell.items() if not _is_removed(name)}
    return {**kept, "TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1", **extra}


def ignored(names: Iterable[str]) -> list[str]:
    """The variables that are removed and would change a plan or its state."""
    return sorted(name for name in names if _is_removed(name) and not _QUIET.fullmatch(name))


def _is_removed(name: str) -> bool:
    if name.startswith("TF_"):
        return not _KEPT.fullmatch(name)
    return _OTHERS.fullmatch(name) is not None
