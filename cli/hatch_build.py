"""Build hook: puts the runtime's wheel into the mfinfra wheel, so that one installation carries both."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.builders.wheel import WheelBuilder


class BundleRuntime(BuildHookInterface):  # type: ignore[misc, type-arg]
    """Runs for wheels; an editable installation finds the runtime in the checkout instead."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        self._folder = tempfile.mkdtemp(prefix="mfinfra-bundle-")
        builder = WheelBuilder(str(Path(self.root) / "runtime"))
        (wheel,) = builder.build(directory=self._folder, versions=["standard"])
        build_data["force_include"][wheel] = f"mfinfra/_bundled/{Path(wheel).name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        folder = getattr(self, "_folder", None)
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
