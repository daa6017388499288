"""The one place where the version of both distributions is written."""

from __future__ import annotations

__version__ = "0.1.0"

#: The Metaflow release whose user API, formats and command line this runtime follows.
METAFLOW_COMPAT = "2.19.39"

#: What goes into the ``metaflow_version`` system tag: stock services parse the leading numbers.
METAFLOW_VERSION = f"{METAFLOW_COMPAT}+mfinfra({__version__})"
