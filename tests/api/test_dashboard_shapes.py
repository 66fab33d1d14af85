"""The types that the dashboard has of the API are those that the API describes."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType


def _shapes(root: Path) -> ModuleType:
    spec = spec_from_file_location("shapes", root / "dashboard" / "shapes.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_dashboards_types_are_those_of_the_api(root: Path) -> None:
    shapes = _shapes(root)
    first = shapes.SHAPES.read_text(encoding="utf-8").partition("\n")[0]
    wanted = shapes.digest(shapes.schemas())
    assert first.endswith(wanted), "run: PYTHONPATH=. .venv/bin/python dashboard/shapes.py"
