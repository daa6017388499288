"""What is one store's own, as a value: everything else of the data tools is the same for all stores."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import Errors


@dataclass(frozen=True)
class Kind:
    """A kind of store. `tool` is the class of its tools; `root_argument` and `container` name things as users do. With
    `has_bare_roots` the scheme of a root may be left out; with `counts_from_start` the store knows no ranges from the
    end of an object; with `takes_encryption` it is told by each request how to encrypt."""

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
        """The form of an address, for messages."""
        return f"{self.scheme}{self.container.upper()}/NAME"

    @property
    def root_setting(self) -> str:
        """The setting that says where the folders of runs lie."""
        return f"METAFLOW_DATATOOLS_{self.root_argument.upper()}"
