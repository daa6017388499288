"""Clouds by name. Each has a package that imports the SDK of the cloud on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..stackfile.schema import StackConfig
    from .base import Cloud, Clusters


def sign_in(config: StackConfig) -> Cloud:
    """The cloud of a stack, with the caller's identity. Raises CloudError if there are no credentials."""
    cloud: Cloud = import_module(f".{config.cloud}.cloud", __name__).sign_in(config)
    return cloud


def clusters(config: StackConfig) -> Clusters:
    """The credentials for the cluster of a stack. Sends no request yet."""
    found: Clusters = import_module(f".{config.cloud}.cloud", __name__).clusters(config)
    return found
