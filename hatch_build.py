"""The wheel's build hook: builds the dashboard's pages and packs them."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DashboardHook(BuildHookInterface[Any]):
    """Packs `dashboard/dist`; without Node or network the wheel is made without pages."""

    def dependencies(self) -> list[str]:
        """Node as a package, where the system has none that is new enough."""
        build = _build_module(Path(self.root))
        return [] if build.node_commands() else [build.NODE_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what is not built yet; an editable install takes the pages from the tree."""
        if self.target_name != "wheel" or version == "editable":
            return
        build = _build_module(Path(self.root))
        try:
            build.build()
        except build.BuildError as error:
            self.app.display_warning(f"the wheel has no dashboard; {error}")
            return
        build_data["force_include"][str(Path(self.root) / "dashboard" / "dist")] = "dashboard/dist"


def _build_module(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("build", root / "dashboard" / "build.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(root / "dashboard" / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
