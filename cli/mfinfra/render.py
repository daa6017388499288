"""A stack as files: which modules there are is decided here, values travel beside them.

Templates see nothing that a user wrote, only what was decided from it: a value can be anything and mean nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from . import catalog, versions
from .errors import Refused
from .names import stack_tags
from .stackfile import StackConfig

BACKEND, VALUES, PARAMETERS, README = "backend.tf.json", "terraform.tfvars.json", "parameters.json", "README.md"
#: Sections of the stack file that are variables of the root as they are.
_SECTIONS = ("network", "datastore", "metadata", "compute", "secrets")
_OPTIONAL = ("registry", "ui")


def render(config: StackConfig, account: str | None = None) -> dict[str, str]:
    """The files of a stack by path. With the account, the state lies in a bucket there; without, beside the files."""
    if config.engine == "cloudformation":
        return _cloudformation(config)
    return _terraform(config, account)


def _cloudformation(config: StackConfig) -> dict[str, str]:
    from . import cfn_template

    values = config.model_dump()
    reasons = cfn_template.unsupported(values)
    if reasons:
        hint = "Type the same with --engine terraform"
        raise Refused(f"CloudFormation cannot do what the stack file asks: {'; '.join(reasons)}.", hint=hint)
    # A list of keys and values is the one form that create-stack, create-change-set and deploy all take.
    parameters = [
        {"ParameterKey": key, "ParameterValue": value} for key, value in cfn_template.parameters(values).items()
    ]
    return {
        README: _filled(config, None, {README})[README],
        "template.yaml": cfn_template.render(values, catalog.cloudformation_folder()),
        PARAMETERS: json.dumps(parameters, indent=2) + "\n",
    }


def _terraform(config: StackConfig, account: str | None) -> dict[str, str]:
    files = _filled(config, account)
    for noun in _sources(config):
        for name, text in catalog.module_files(config.cloud, noun).items():
            files[f"modules/{config.cloud}/{noun}/{name}"] = text
    files[VALUES] = _as_json(values(config, account))
    if account is not None:
        files[BACKEND] = _as_json(backend(config, account))
    return files


def _filled(config: StackConfig, account: str | None, names: Collection[str] | None = None) -> dict[str, str]:
    """The root's files, all or those named: templates with what was decided, and nothing else, laid into them."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)
    context = {"has": decided(config, account), "versions": _versions()}
    templates = catalog.root_templates(config.cloud)
    return {
        name: environment.from_string(text).render(context).lstrip("\n")
        for name, text in templates.items()
        if names is None or name in names
    }


def decided(config: StackConfig, account: str | None) -> dict[str, Any]:
    """What the templates see: yes or no for each part that a stack can have, and the nouns of its modules."""
    parts = {
        "terraform": config.engine != "cloudformation",
        "account": account is not None,
        "api": config.metadata.api == "public",
        "key": config.datastore.kms == "create",
        "any_key": config.datastore.kms != "aws",
        "network": config.network.vpc is None,
        "protected": config.deletion_protection,
        "registry": config.registry.enabled,
        "removable": is_removable(config),
        "step_functions": config.orchestrator.step_functions,
        "ui": config.ui.enabled,
        "certificate": config.ui.certificate is not None,
        "kubernetes": False,
    }
    optional = [noun for noun in ("key", "registry", "step_functions", "ui") if parts[noun]]
    return {**parts, "modules": [*optional, "network", "datastore", "metadata", "batch"]}


def is_removable(config: StackConfig) -> bool:
    """Whether a stack goes with all that is in it: buckets that are not empty, the database without a last snapshot."""
    return config.preset == "sandbox" and not config.deletion_protection


def _sources(config: StackConfig) -> list[str]:
    """The modules that are copied into the workspace."""
    nouns = decided(config, None)["modules"]
    return sorted("existing_network" if noun == "network" and config.network.vpc else noun for noun in nouns)


def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    try:
        own = version("mfinfra")
    except PackageNotFoundError:
        own = "from source"
    return {
        "mfinfra": own,
        "terraform": versions.TERRAFORM,
        "aws": versions.AWS_PROVIDER,
        "ui_backend_image": versions.UI_BACKEND_IMAGE,
        "ui_static_image": versions.UI_STATIC_IMAGE,
    }


def values(config: StackConfig, account: str | None) -> dict[str, Any]:
    """The variables of the root."""
    said = config.model_dump()
    found = {key: said[key] for key in _SECTIONS}
    found |= {key: said[key] for key in _OPTIONAL if said[key]["enabled"]}
    if account is not None:
        found["account"] = account
    return {
        **found,
        "name": config.name,
        "region": config.region,
        "tags": stack_tags(config.name, config.tags),
        "permissions_boundary": config.permissions_boundary,
        "deletion_protection": config.deletion_protection,
        "force_destroy": is_removable(config),
        "log_retention_days": config.log_retention_days,
    }


def state_bucket(account: str, region: str) -> str:
    """The bucket of the states of an account's region."""
    return f"mfinfra-state-{account}-{region}"


def state_key(name: str) -> str:
    """Where in it the state of a stack lies."""
    return f"stacks/{name}/terraform.tfstate"


def backend(config: StackConfig, account: str) -> dict[str, Any]:
    """Where the state lies: locked by S3 itself, encrypted, in the stack's own region."""
    s3 = {
        "bucket": state_bucket(account, str(config.region)),
        "key": state_key(config.name),
        "region": config.region,
        "encrypt": True,
        "use_lockfile": True,
    }
    return {"terraform": {"backend": {"s3": s3}}}


def _as_json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, sort_keys=True) + "\n"
