"""The differences between object stores, as a value; all other code of the data tools is the same for all stores."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import Errors


@dataclass(frozen=True)
class Provider:
    """An object store provider. `tool` is the user's class; `root_argument` and `container` are the user's words. With
    `has_bare_roots` a root can omit the scheme; with `counts_from_start` ranges cannot be relative to the end of an
    object; with `takes_encryption` each request can select the encryption."""

    type: str
    tool: str
    scheme: str
    root_argument: str
    container: str
    metadata_key: str
    extra: str
    errors: Errors
    has_bare_roots: bool = False
    counts_from_start: bool = False
    takes_encryption: bool = False

    @property
    def example(self) -> str:
        """The format of a URL, for messages."""
        return f"{self.scheme}{self.container.upper()}/NAME"

    @property
    def root_setting(self) -> str:
        """The setting with the root of the prefixes of runs."""
        return f"METAFLOW_DATATOOLS_{self.root_argument.upper()}"
