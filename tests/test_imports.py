"""What an import must not drag in, seen from a fresh interpreter."""

import subprocess
import sys
from pathlib import Path

import pytest

PURE = ("tags", "zones", "inventory", "alerts")
HEAVY = {"asyncio", "fastapi", "httpx", "sllurp", "sqlite3", "ssl", "starlette", "uvicorn"}


def modules_of(package: str, root: Path) -> list[str]:
    files = sorted((root / package).rglob("*.py"))
    dotted = (path.relative_to(root).with_suffix("").parts for path in files)
    return [".".join(parts).removesuffix(".__init__") for parts in dotted]


def loaded_by(modules: list[str]) -> set[str]:
    """The root names of all that is loaded once these modules are imported."""
    program = f"import {', '.join(modules)}, sys; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    return {name.partition(".")[0] for name in ran.stdout.split()}


@pytest.mark.parametrize("package", PURE)
def test_what_decides_loads_no_event_loop_no_network_and_no_database(
    package: str, root: Path
) -> None:
    assert HEAVY & loaded_by(modules_of(package, root)) == set()


def test_asking_for_help_loads_neither_readers_nor_server() -> None:
    assert {"sllurp", "shapely", "fastapi", "simulators"} & loaded_by(["gateway.cli"]) == set()
