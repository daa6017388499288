"""A stack as files: which modules there are is decided here, values travel beside them.

Templates see nothing that a user wrote, only what was decided from it: a value can be anything and mean nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

from . import backends, catalog, versions
from . import values as variables
from .errors import Refused
from .stackfile import StackConfig

BACKEND, VALUES, PARAMETERS, README = "backend.tf.json", "terraform.tfvars.json", "parameters.json", "README.md"
#: How the roots name their modules.
_SOURCE = re.compile(r'^ *source += "\./modules/(\w+)/(\w+)"$', re.M)


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
    for cloud, noun in sorted(set(_SOURCE.findall(files["main.tf"]))):
        for name, text in catalog.module_files(cloud, noun).items():
            files[f"modules/{cloud}/{noun}/{name}"] = text
    files[VALUES] = _as_json(variables.of(config, account))
    if account is not None:
        files[BACKEND] = _as_json(backends.backend(config, account))
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
    orchestrator, in_cluster = config.orchestrator, config.compute.backend == "kubernetes"
    parts = {
        "terraform": config.engine != "cloudformation",
        "account": account is not None,
        "api": config.metadata.api == "public",
        "key": config.datastore.kms == "create",
        "any_key": config.datastore.kms != "managed",
        "network": config.network.vpc is None,
        "database": config.metadata.database is None,
        "protected": config.deletion_protection,
        "registry": config.registry.enabled,
        "removable": variables.is_removable(config),
        "batch": not in_cluster,
        "kubernetes": in_cluster,
        "gpu": any(pool.gpu for pool in config.compute.pools.values()),
        "step_functions": orchestrator.step_functions,
        "argo_workflows": orchestrator.argo_workflows,
        "argo_events": orchestrator.argo_events,
        "airflow": orchestrator.airflow,
        "ui": config.ui.enabled,
        "certificate": config.ui.certificate is not None,
    }
    optional = [noun for noun in ("key", "registry", "step_functions", "ui") if parts[noun]]
    return {**parts, "modules": [*optional, "network", "datastore", "metadata", "batch"]}


def _versions() -> dict[str, Any]:
    """The versions that the templates write down: by their names in versions.py in small letters, providers by their own."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        own = version("mfinfra")
    except PackageNotFoundError:
        own = "from source"
    named = {name: value for name, value in vars(versions).items() if name.isupper()}
    return {**{name.lower().removesuffix("_provider"): value for name, value in named.items()}, "mfinfra": own}


def _as_json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, sort_keys=True) + "\n"
