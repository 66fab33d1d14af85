"""The house rules that no other tool keeps."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeGuard

import pytest

ROOT = Path(__file__).parent.parent
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 30
PURE = ("tags", "zones", "inventory", "alerts")
GENERATED = Path("dashboard/src/api/shapes.ts")
SPEAKER = Path("gateway/terminal.py")
BANNED_IN_NAMES = re.compile(r"Manager|Helper|Utils?(?![a-z])|_manager|_helper|_utils?(_|$)")
BANNED_MODULES = {"core", "common", "util", "utils", "helper", "helpers", "manager", "misc"}
# Written in parts, so that this file keeps its own rules.
LEFT_FOR_LATER = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
REGISTRIES = re.compile(
    r"pypi\.or" + r"g|pythonhosted\.or" + r"g|registry\.npmj" + r"s|deb\.debia" + r"n\.|"
    r"--(extra-)?index-ur" + r"l|file:/" + r"//",
)
MACHINE_PATHS = re.compile(r"(?<![\w.}-])/(home|root|Users|work)/" + r"\w")
UNREPEATABLE = {"now", "utcnow", "today", "uuid1", "uuid4"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every text file that is or would be committed, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 -- the git of whoever runs the tests
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    paths = sorted({Path(name) for name in listed.stdout.split("\0") if name})
    return tuple(path for path in paths if (ROOT / path).is_file() and _is_text(path))


def _is_text(path: Path) -> bool:
    return b"\0" not in (ROOT / path).read_bytes()[:8192]


@cache
def text_of(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(text_of(path), filename=str(path))


def python_files() -> list[Path]:
    return [path for path in tracked_files() if path.suffix == ".py"]


def page_sources() -> list[Path]:
    """The dashboard's own files; one of them is written by dashboard/shapes.py."""
    own = [path for path in tracked_files() if path.suffix in {".ts", ".tsx", ".css"}]
    return [path for path in own if path != GENERATED]


def matches(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        if pattern.search(line)
    ]


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, Function):
            yield node


def body_lines(function: Function) -> int:
    """Lines from the first statement to the last, the docstring left out."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if not body:
        return 0
    return (body[-1].end_lineno or body[-1].lineno) - body[0].lineno + 1


def defined_names(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree_of(path)):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case ast.arg():
                yield node.lineno, node.arg
            case _:
                pass


def writes_to_the_terminal(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="print")):
            return True
        case ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "__stdout__"):
            return True
        case _:
            return False


def is_unrepeatable(node: ast.AST) -> TypeGuard[ast.Attribute | ast.alias]:
    match node:
        case ast.Attribute(attr=name) | ast.alias(name=name):
            return name in UNREPEATABLE
        case _:
            return False


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_no_name_says_nothing() -> None:
    found = [
        f"{path}:{line}: {name}"
        for path in python_files()
        for line, name in defined_names(path)
        if BANNED_IN_NAMES.search(name) and path != Path("tests/test_tidy.py")
    ]
    assert found == []


def test_no_module_is_a_drawer_for_everything() -> None:
    found = [
        str(path) for path in python_files() if BANNED_MODULES & {*path.parent.parts, path.stem}
    ]
    assert found == []


def test_functions_fit_in_one_look() -> None:
    found = [
        f"{path}:{function.lineno}: {function.name} has {body_lines(function)} lines"
        for path in python_files()
        for function in functions(path)
        if body_lines(function) > FUNCTION_LINES_MAX
    ]
    assert found == []


def test_files_fit_in_one_sitting() -> None:
    scripts = [path for path in page_sources() if path.suffix != ".css"]
    lengths = {path: len(text_of(path).splitlines()) for path in [*python_files(), *scripts]}
    assert {path: n for path, n in lengths.items() if n > FILE_LINES_MAX} == {}


def test_only_one_module_speaks_to_the_terminal() -> None:
    found = [
        f"{path}:{getattr(node, 'lineno', 0)}"
        for path in python_files()
        if path.parts[0] in packages() and path != SPEAKER
        for node in ast.walk(tree_of(path))
        if writes_to_the_terminal(node)
    ]
    assert found == []


def test_what_decides_asks_no_clock_and_no_dice() -> None:
    pure = [path for path in python_files() if path.parts[0] in PURE]
    pure += [path for path in python_files() if str(path).startswith("gateway/pipeline")]
    found = [
        f"{path}:{node.lineno}"
        for path in pure
        for node in ast.walk(tree_of(path))
        if is_unrepeatable(node)
    ]
    assert found == []


def test_nothing_is_left_for_later() -> None:
    assert matches(LEFT_FOR_LATER, [*python_files(), *page_sources()]) == []


def test_no_file_names_a_package_registry() -> None:
    assert matches(REGISTRIES, list(tracked_files())) == []


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    assert matches(MACHINE_PATHS, list(tracked_files())) == []


def test_every_silenced_check_gives_its_reason() -> None:
    silenced = re.compile(
        r"#\s*(ruff: )?(type: igno" + r"re|no" + r"qa|pyright: |mypy: |pragma: no )"
    )
    reason = re.compile(r"(igno" + r"re\[[^]]+\]|no" + r"qa: [A-Z0-9, ]+?|cover)\s*(--?|#)\s*\S")
    found = [line for line in matches(silenced, python_files()) if not reason.search(line)]
    assert found == []


def packages() -> list[str]:
    """The root packages, in the order in which a read meets them."""
    listed: list[str] = project()["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    return listed


def test_every_root_package_is_packed() -> None:
    on_disk = {path.parts[0] for path in python_files() if path.parts[1:] == ("__init__.py",)}
    assert set(packages()) == on_disk - {"tests"}


@pytest.mark.parametrize(
    ("tool", "key"),
    [("mypy", "packages"), ("basedpyright", "include"), ("importlinter", "root_packages")],
)
def test_every_root_package_is_checked(tool: str, key: str) -> None:
    assert set(project()["tool"][tool][key]) >= set(packages())


def test_the_tests_measure_every_root_package() -> None:
    assert project()["tool"]["coverage"]["run"]["source"] == packages()
