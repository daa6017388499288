"""Metaflow's client API, which reads flows, runs, steps, tasks and artifacts."""

from __future__ import annotations

from .runs import Flow, Metaflow, Run
from .scope import default_metadata, default_namespace, get_metadata, get_namespace, metadata, namespace
from .tasks import DataArtifact, MetaflowData, Step, Task

__all__ = [
    "DataArtifact",
    "Flow",
    "Metaflow",
    "MetaflowData",
    "Run",
    "Step",
    "Task",
    "default_metadata",
    "default_namespace",
    "get_metadata",
    "get_namespace",
    "metadata",
    "namespace",
]
