"""`Run.code` and `Task.code`: the files that a run was started from."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

from ..errors import DataCorrupt
from ..store import layout, locate
from ..store.blobs import BlobStore

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

#: Where a package says what made it: now, and in packages of older versions.
_INFO = (".mf_meta/INFO", "INFO")
_NOT_OF_THE_USER = (".mf_code/", ".mf_meta/", ".mf_install", "metaflow/", "INFO", "CONFIG_PARAMETERS")


class MetaflowCode:
    """A code package. `path` is where it is stored, as a path or a URL."""

    def __init__(self, flow_name: str, record: str):
        """`record` is the JSON text that tasks register. Raises DataCorrupt where it is none."""
        try:
            found = json.loads(record)
            self._path, self._sha, self._type = str(found["location"]), str(found["sha"]), str(found["ds_type"])
        except (ValueError, KeyError, TypeError) as exc:
            raise DataCorrupt(f"What is recorded of the code package of {flow_name} cannot be read: {exc}.") from exc
        self._flow = flow_name
        self._tarball: tarfile.TarFile | None = None

    @property
    def path(self) -> str:
        """Where the package is stored."""
        return self._path

    @property
    def tarball(self) -> tarfile.TarFile:
        """The open archive. Raises MetaflowDataMissing where it is gone, DataCorrupt where it is no archive."""
        if self._tarball is None:
            storage = locate.open_storage(
                self._type, self._path.removesuffix(f"/{layout.blob(layout.flow(self._flow), self._sha)}")
            )
            ((_, content),) = BlobStore(storage, self._flow).load([self._sha])
            try:
                self._tarball = tarfile.open(fileobj=io.BytesIO(content), mode="r:gz")  # noqa: SIM115 - it stays open
            except (tarfile.TarError, OSError) as exc:
                raise DataCorrupt(f"The code package {self._path} is no tar.gz: {exc}.") from exc
        return self._tarball

    @property
    def info(self) -> dict[str, Any]:
        """What made the package: platform, user, versions, script."""
        for name in _INFO:
            try:
                found = json.loads(self._content(name))
            except KeyError:
                continue
            return found if isinstance(found, dict) else {}
        return {}

    @property
    def script_name(self) -> str:
        """Name of the flow's file."""
        return str(self.info.get("script", ""))

    @property
    def flowspec(self) -> str:
        """Content of the flow's file."""
        return self._content(self.script_name).decode("utf-8", "replace")

    def extract(self) -> TemporaryDirectory[str]:
        """Unpack the user's files into a temporary folder, which goes when the object that is returned goes."""
        from tempfile import TemporaryDirectory

        folder = TemporaryDirectory()
        mine = [m for m in self.tarball.getmembers() if not m.name.startswith(_NOT_OF_THE_USER)]
        self.tarball.extractall(folder.name, members=[m for m in mine if m.isfile() and _is_below(m.name)])
        return folder

    def _content(self, name: str) -> bytes:
        """Raises KeyError where the package has no such file."""
        file = self.tarball.extractfile(name)
        return b"" if file is None else file.read()

    def __repr__(self) -> str:
        return f"<MetaflowCode: {self.script_name}>"

    __str__ = __repr__


def _is_below(name: str) -> bool:
    """Whether a member stays inside of the folder that it is unpacked into."""
    return not name.startswith(("/", "\\")) and ".." not in name.replace("\\", "/").split("/")
