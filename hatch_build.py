"""The wheel's build hook: builds the dashboard's pages and packs them."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_HAS_WHEELS = "platform_machine in 'x86_64 aarch64 arm64 AMD64'"
"""Where Node comes as a package; elsewhere asking for it would end the build."""


class DashboardHook(BuildHookInterface[Any]):
    """Packs `dashboard/dist`; where it can not be built, the wheel is made without pages."""

    def dependencies(self) -> list[str]:
        """Node as a package, where something is to be built and no Node is new enough."""
        build = _build_module(Path(self.root))
        if build is None or build.node_commands() or build.is_built():
            return []
        return [f"{build.NODE_PACKAGE}; {_HAS_WHEELS}"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what is not built yet; an editable install takes the pages from the tree."""
        if version == "editable":
            return
        build = _build_module(Path(self.root))
        if build is None:
            self._warn("dashboard/build.py is not here")
            return
        try:
            build.build(tell=self.app.display_info)
        except build.BuildError as error:
            self._warn(str(error))
            return
        dist = Path(self.root) / "dashboard" / "dist"
        build_data["force_include"][str(dist)] = "dashboard/dist"

    def _warn(self, why: str) -> None:
        frame = "!" * 78
        self.app.display_warning(f"{frame}\nTHIS WHEEL HAS NO DASHBOARD: {why}\n{frame}")


def _build_module(root: Path) -> ModuleType | None:
    path = root / "dashboard" / "build.py"
    if not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location("dashboard_build", path)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
