"""`Run.code` and `Task.code`: the code package of a run."""

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

#: The info file in a package: current name, and the name in packages of older versions.
_INFO = (".mf_meta/INFO", "INFO")
_NOT_OF_THE_USER = (".mf_code/", ".mf_meta/", ".mf_install", "metaflow/", "INFO", "CONFIG_PARAMETERS")


class MetaflowCode:
    """A code package. `path` is where it is stored, as a path or a URL."""

    def __init__(self, flow_name: str, record: str):
        """`record` is the JSON that tasks register. Raises DataCorrupt if it is invalid."""
        try:
            found = json.loads(record)
            self._path, self._sha, self._type = str(found["location"]), str(found["sha"]), str(found["ds_type"])
        except (ValueError, KeyError, TypeError) as exc:
            raise DataCorrupt(f"The record of the code package of {flow_name} cannot be read: {exc}.") from exc
        self._flow = flow_name
        self._tarball: tarfile.TarFile | None = None

    @property
    def path(self) -> str:
        """The path or URL of the package."""
        return self._path

    @property
    def tarball(self) -> tarfile.TarFile:
        """The open archive. Raises MetaflowDataMissing if it does not exist, DataCorrupt if it is not an archive."""
        if self._tarball is None:
            storage = locate.open_storage(
                self._type, self._path.removesuffix(f"/{layout.blob(layout.flow(self._flow), self._sha)}")
            )
            ((_, content),) = BlobStore(storage, self._flow).load([self._sha])
            try:
                self._tarball = tarfile.open(fileobj=io.BytesIO(content), mode="r:gz")  # noqa: SIM115 - it stays open
            except (tarfile.TarError, OSError) as exc:
                raise DataCorrupt(f"The code package {self._path} is not a tar.gz archive: {exc}.") from exc
        return self._tarball

    @property
    def info(self) -> dict[str, Any]:
        """The environment that created the package: platform, user, versions, script."""
        for name in _INFO:
            try:
                found = json.loads(self._content(name))
            except KeyError:
                continue
            return found if isinstance(found, dict) else {}
        return {}

    @property
    def script_name(self) -> str:
        """The name of the flow's file."""
        return str(self.info.get("script", ""))

    @property
    def flowspec(self) -> str:
        """The content of the flow's file."""
        return self._content(self.script_name).decode("utf-8", "replace")

    def extract(self) -> TemporaryDirectory[str]:
        """Unpack the user's files into a temporary directory, which is deleted with the returned object."""
        from tempfile import TemporaryDirectory

        folder = TemporaryDirectory()
        mine = [m for m in self.tarball.getmembers() if not m.name.startswith(_NOT_OF_THE_USER)]
        self.tarball.extractall(folder.name, members=[m for m in mine if m.isfile() and _is_below(m.name)])
        return folder

    def _content(self, name: str) -> bytes:
        """The content of a file. Raises KeyError if the package does not contain it."""
        file = self.tarball.extractfile(name)
        return b"" if file is None else file.read()

    def __repr__(self) -> str:
        return f"<MetaflowCode: {self.script_name}>"

    __str__ = __repr__


def _is_below(name: str) -> bool:
    """Whether the path of a member stays inside the directory that it is unpacked into."""
    return not name.startswith(("/", "\\")) and ".." not in name.replace("\\", "/").split("/")
