"""Build hook: puts the runtime's wheel and the stacks' templates into the mfinfra wheel: one file carries all."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.builders.wheel import WheelBuilder


class BundleRuntime(BuildHookInterface):  # type: ignore[misc, type-arg]
    """Runs for wheels; an editable installation finds all of it in the checkout instead."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable" or self.target_name != "wheel":
            return
        self._folder = tempfile.mkdtemp(prefix="mfinfra-bundle-")
        builder = WheelBuilder(str(Path(self.root) / "runtime"))
        (wheel,) = builder.build(directory=self._folder, versions=["standard"])
        build_data["force_include"][wheel] = f"mfinfra/_bundled/{Path(wheel).name}"
        for folder in ("terraform", "cloudformation"):
            build_data["force_include"][str(Path(self.root) / folder)] = f"mfinfra/_bundled/{folder}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        folder = getattr(self, "_folder", None)
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
