"""The files of a stack. Templates decide which modules exist; values are written to a separate file.

Templates get no text that a user wrote, only decisions derived from it, so that no value can inject code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from functools import partial
from typing import Any

from ..errors import Refused
from ..stackfile import component_versions as versions
from ..stackfile.schema import StackConfig
from . import state_location, templates, tfvars, variables

BACKEND, VALUES, PARAMETERS, README = "backend.tf.json", "terraform.tfvars.json", "parameters.json", "README.md"
#: How the roots name their modules.
_SOURCE = re.compile(r'^module "(\w+)" \{\n  source += "\./modules/(\w+)/(\w+)"$', re.M)


def render(config: StackConfig, account: str | None = None) -> dict[str, str]:
    """The files of a stack by path. With an account, the state is stored in its state bucket; without one, locally."""
    if config.engine == "cloudformation":
        return _cloudformation(config)
    return _terraform(config, account)


def _cloudformation(config: StackConfig) -> dict[str, str]:
    from . import cloudformation

    values = config.model_dump()
    reasons = cloudformation.unsupported(values)
    if reasons:
        hint = "Run the command again with --engine terraform"
        raise Refused(f"CloudFormation does not support these options: {'; '.join(reasons)}.", hint=hint)
    # A list of keys and values is the only form that create-stack, create-change-set and deploy all accept.
    parameters = [
        {"ParameterKey": key, "ParameterValue": value} for key, value in cloudformation.parameters(values).items()
    ]
    return {
        README: _filled(config, None, {README})[README],
        "template.yaml": cloudformation.render(values, templates.cloudformation_folder()),
        PARAMETERS: json.dumps(parameters, indent=2) + "\n",
    }


def _terraform(config: StackConfig, account: str | None) -> dict[str, str]:
    files = _filled(config, account)
    for cloud, noun in sorted({(cloud, noun) for _, cloud, noun in _modules(files)}):
        for name, text in templates.module_files(cloud, noun).items():
            files[f"modules/{cloud}/{noun}/{name}"] = text
    files[VALUES] = _as_json(tfvars.of(config, account))
    if account is not None:
        files[BACKEND] = _as_json(state_location.backend(config, account))
    return files


def _filled(config: StackConfig, account: str | None, names: Collection[str] | None = None) -> dict[str, str]:
    """The rendered files of the root module, all or those named. The templates get only decisions. Files that are empty
    after rendering are left out."""
    from jinja2 import DictLoader, Environment, StrictUndefined

    environment = Environment(
        loader=DictLoader(templates.shared_templates()),
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
    )
    roots = {name: environment.from_string(text) for name, text in templates.root_templates(config.cloud).items()}
    has = decided(config, account)
    context = {"has": {**has, "modules": []}, "versions": _versions(), **_from_schema(config.cloud)}
    # Whether a module has a runtime_config is read from its files, after a first rendering shows which modules exist.
    first = {name: template.render(context) for name, template in roots.items() if name.endswith(".tf")}
    context["has"] = {**has, "modules": _with_settings(first)}
    wanted = [name for name in roots if names is None or name in names]
    files = {name: roots[name].render(context).lstrip("\n") for name in wanted}
    return {name: text for name, text in files.items() if text.strip()}


def _from_schema(cloud: str) -> dict[str, Any]:
    """Functions for templates: the type of a section in the schema, and the arguments of a module."""
    return {"type_of": partial(variables.type_of, cloud=cloud), "passed": partial(variables.passed, cloud)}


def _modules(files: dict[str, str]) -> list[tuple[str, str, str]]:
    """The modules of a root: label, cloud, noun."""
    return [found for name in sorted(files) if name.endswith(".tf") for found in _SOURCE.findall(files[name])]


def _with_settings(files: dict[str, str]) -> list[str]:
    """The labels of the modules of a root module that have a runtime_config."""
    return [
        label
        for label, cloud, noun in _modules(files)
        if 'output "runtime_config"' in templates.module_files(cloud, noun).get("outputs.tf", "")
    ]


def decided(config: StackConfig, account: str | None) -> dict[str, bool]:
    """What the templates see: yes or no for each part that a stack can have."""
    orchestrator, in_cluster = config.orchestrator, config.compute.backend == "kubernetes"
    return {
        "terraform": config.engine != "cloudformation",
        "account": account is not None,
        "api": config.metadata.api == "public",
        "key": config.datastore.kms == "create",
        "any_key": config.datastore.kms != "managed",
        "network": config.network.vpc is None,
        "database": config.metadata.database is None,
        "protected": config.deletion_protection,
        "registry": config.registry.enabled,
        "removable": tfvars.is_removable(config),
        "batch": not in_cluster,
        "kubernetes": in_cluster,
        "gpu": any(pool.gpu for pool in config.compute.pools.values()),
        "step_functions": orchestrator.step_functions,
        "argo_workflows": orchestrator.argo_workflows,
        "argo_events": orchestrator.argo_events,
        "airflow": orchestrator.airflow,
        "airflow_secret": orchestrator.airflow_secret is not None,
        "ui": config.ui.enabled,
        "certificate": config.ui.certificate is not None,
    }


def _versions() -> dict[str, Any]:
    """The versions that the templates contain: by their names in component_versions.py in small letters, those of
    providers by the names of the providers."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        own = version("mfinfra")
    except PackageNotFoundError:
        own = "from source"
    named = {name: value for name, value in vars(versions).items() if name.isupper()}
    return {**{name.lower().removesuffix("_provider"): value for name, value in named.items()}, "mfinfra": own}


def _as_json(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, sort_keys=True) + "\n"
