"""Builds the front end into the wheel, so that an installed Labelyard needs no Node."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontEndHook(BuildHookInterface):  # type: ignore[type-arg]
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable" or os.environ.get("LABELYARD_SKIP_WEB"):
            return
        root = Path(self.root)
        static = root / "src" / "labelyard" / "web" / "static"
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError(
                "Building the wheel needs Node 20 or newer with npm: the front end is built into it."
            )
        if not (root / "web" / "node_modules").is_dir():
            subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=root / "web", check=True)
        subprocess.run([npm, "run", "build"], cwd=root / "web", check=True)
        if not (static / "index.html").is_file():
            raise RuntimeError("the front end's build left no index.html")
        build_data["force_include"][str(static)] = "labelyard/web/static"
