"""mfruntime: Metaflow's user API with its own runtime. `from mfruntime import FlowSpec, step`.

Names are imported when first used, so that a task imports only what it needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

_EXPORTS = {
    "FlowSpec": "mfruntime.flow.spec:FlowSpec",
    "step": "mfruntime.flow.step:step",
    "retry": "mfruntime.decorators.retry:retry",
    "catch": "mfruntime.decorators.catch:catch",
    "timeout": "mfruntime.decorators.timeout:timeout",
    "environment": "mfruntime.decorators.environment:environment",
    "resources": "mfruntime.decorators.resources:resources",
    "Parameter": "mfruntime.flow.parameters:Parameter",
    "JSONType": "mfruntime.flow.parameters:JSONType",
    "JSONTypeClass": "mfruntime.flow.parameters:JSONTypeClass",
    "IncludeFile": "mfruntime.flow.includefile:IncludeFile",
    "current": "mfruntime.flow.current:current",
    "Metaflow": "mfruntime.client:Metaflow",
    "Flow": "mfruntime.client:Flow",
    "Run": "mfruntime.client:Run",
    "Step": "mfruntime.client:Step",
    "Task": "mfruntime.client:Task",
    "DataArtifact": "mfruntime.client:DataArtifact",
    "namespace": "mfruntime.client:namespace",
    "get_namespace": "mfruntime.client:get_namespace",
    "default_namespace": "mfruntime.client:default_namespace",
    "metadata": "mfruntime.client:metadata",
    "get_metadata": "mfruntime.client:get_metadata",
    "default_metadata": "mfruntime.client:default_metadata",
    "S3": "mfruntime.datatools.s3:S3",
    "AzureBlob": "mfruntime.datatools.azure:AzureBlob",
    "GS": "mfruntime.datatools.gs:GS",
    "__version__": "mfruntime.version:__version__",
}

_UNSUPPORTED = frozenset(
    {
        "Config", "ConfigValue", "Deployer", "DeployedFlow", "FlowMutator", "NBDeployer", "NBRunner", "Runner",
        "StepMutator", "UserStepDecorator", "batch", "card", "checkpoint", "conda", "conda_base", "config_expr",
        "exit_hook", "kubernetes", "parallel", "profile", "project", "pypi", "pypi_base", "pytorch_parallel",
        "schedule", "secrets", "trigger", "trigger_on_finish", "user_step_decorator",
    }
)  # fmt: skip

__all__ = sorted(_EXPORTS)

if TYPE_CHECKING:
    from .client import (
        DataArtifact,
        Flow,
        Metaflow,
        Run,
        Step,
        Task,
        default_metadata,
        default_namespace,
        get_metadata,
        get_namespace,
        metadata,
        namespace,
    )
    from .datatools.azure import AzureBlob
    from .datatools.gs import GS
    from .datatools.s3 import S3
    from .decorators.catch import catch
    from .decorators.environment import environment
    from .decorators.resources import resources
    from .decorators.retry import retry
    from .decorators.timeout import timeout
    from .flow.current import current
    from .flow.includefile import IncludeFile
    from .flow.parameters import JSONType, JSONTypeClass, Parameter
    from .flow.spec import FlowSpec
    from .flow.step import step
    from .version import __version__


def __getattr__(name: str) -> Any:
    target = _EXPORTS.get(name)
    if target is None:
        raise _missing(name)
    from .registry import load

    value = globals()[name] = load(target)
    return value


def _missing(name: str) -> Exception:
    if name in _UNSUPPORTED:
        return ImportError(f"'{name}' is part of Metaflow's API that this version of mfruntime does not support.")
    from difflib import get_close_matches

    close = get_close_matches(name, list(_EXPORTS), n=1)
    hint = f" Did you mean '{close[0]}'?" if close else ""
    return AttributeError(f"module 'mfruntime' has no attribute '{name}'.{hint}")


def __dir__() -> list[str]:
    return __all__
