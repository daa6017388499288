"""The version of both distributions, which is only defined here."""

from __future__ import annotations

__version__ = "0.1.0"

#: The Metaflow release whose user API, formats and command line this runtime implements.
METAFLOW_COMPAT = "2.19.39"

#: The value of the ``metaflow_version`` system tag; stock services parse its leading numbers.
METAFLOW_VERSION = f"{METAFLOW_COMPAT}+mfinfra({__version__})"
