"""IncludeFile: a parameter whose value is the content of a file, stored once when the run starts."""

from __future__ import annotations

import os
from typing import Any

from ..errors import MetaflowException, ParameterFieldFailed
from .parameters import Parameter
from .pickled_names import IncludedFile

_TYPE = "uploader-v2"
_NOTE = "Internal representation of IncludeFile"


class IncludeFile(Parameter):
    """A file given on the command line; in a step its value is the text (or bytes, with `is_text=False`).

    `parser` converts the content to any value when the run starts; steps then get that value.
    """

    kind = "IncludeFile"

    def __init__(
        self,
        name: str,
        default: Any = None,
        is_text: bool = True,
        encoding: str | None = None,
        required: bool | None = None,
        help: str | None = None,
        parser: Any = None,
        **kwargs: Any,
    ):
        self.is_text = is_text
        self.encoding = (encoding or "utf-8") if is_text else None
        self.parser = parser
        super().__init__(name, default=default, type=str, help=help, required=required, **kwargs)

    @property
    def type_name(self) -> str:
        return "filepath"

    def read(self, path: str) -> bytes:
        """The content of the file given on the command line. Raises MetaflowException if it cannot be used."""
        full = os.path.expanduser(path)
        try:
            with open(full, "rb") as file:
                content = file.read()
        except OSError as exc:
            raise MetaflowException(
                f"The file '{path}' of parameter '{self.name}' cannot be read: {exc.strerror}."
            ) from exc
        if self.encoding is not None:
            self._check_text(path, content)
        return content

    def _check_text(self, path: str, content: bytes) -> None:
        try:
            content.decode(self.encoding or "utf-8")
        except (UnicodeDecodeError, LookupError) as exc:
            hint = "Set the parameter's encoding, or is_text=False."
            raise MetaflowException(
                f"The file '{path}' of parameter '{self.name}' is not text: {exc}.", hint=hint
            ) from exc

    def value(self, content: bytes, url: str) -> Any:
        """The artifact for content stored at `url`: a reference, or the result of the parser."""
        if self.parser is not None:
            return self._parsed(content)
        return IncludedFile(
            {
                "type": _TYPE,
                "url": url,
                "is_text": self.is_text,
                "encoding": self.encoding,
                "note": _NOTE,
                "sub-type": "uploaded",
                "size": len(content),
            }
        )

    def _parsed(self, content: bytes) -> Any:
        parser = self.parser
        if isinstance(parser, str):
            from importlib import import_module

            module, _, attribute = parser.rpartition(".")
            parser = getattr(import_module(module), attribute)
        try:
            return parser(content.decode(self.encoding) if self.encoding else content)
        except Exception as exc:
            raise ParameterFieldFailed(self.name, "parser", f"{type(exc).__name__}: {exc}") from exc
