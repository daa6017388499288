"""The exceptions under Metaflow's module name: `from mfruntime.exception import MetaflowException`."""

from __future__ import annotations

from .errors import *  # noqa: F403
from .errors import MetaflowException as MetaflowException
from .flow.pickled_names import MetaflowExceptionWrapper as MetaflowExceptionWrapper
