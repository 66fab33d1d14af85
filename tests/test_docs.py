"""What README and docs tell people to type and click must be there."""

import re
import shlex
from pathlib import Path

import pytest

from gateway.cli import main, parser
from gateway.site import parse_site

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of one language."""
    found: list[tuple[str, str]] = FENCE.findall(page.read_text(encoding="utf-8"))
    return [text for name, text in found if name == language]


def commands(program: str) -> list[list[str]]:
    """Every command of `sh` blocks that starts with the program, as arguments."""
    lines = [line for page in PAGES for block in blocks(page, "sh") for line in block.splitlines()]
    split = [shlex.split(line, comments=True) for line in lines]
    return [words[1:] for words in split if words and Path(words[0]).name == program]


def site_files() -> list[str]:
    """Every whole site file that is shown."""
    shown = [block for page in PAGES for block in blocks(page, "yaml")]
    return [block for block in shown if block.startswith("site:")]


def anchors(page: Path) -> set[str]:
    """The names by which the headings of a page can be linked."""
    headings: list[str] = HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    links: list[str] = LINK.findall(page.read_text(encoding="utf-8"))
    broken: list[str] = []
    for link in links:
        if link.startswith(("https://", "http://")):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.is_file() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_sh_blocks_hold_only_commands_that_can_be_checked() -> None:
    lines = [line for page in PAGES for block in blocks(page, "sh") for line in block.splitlines()]
    assert [line for line in lines if line.split()[:1] not in (["make"], ["tagwarden"], [])] == []


@pytest.mark.parametrize("arguments", commands("make"), ids=shlex.join)
def test_every_make_command_that_is_shown_is_a_target(arguments: list[str]) -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    assert {word for word in arguments if "=" not in word} <= targets


@pytest.mark.parametrize("arguments", commands("tagwarden"), ids=shlex.join)
def test_every_tagwarden_command_that_is_shown_is_understood(arguments: list[str]) -> None:
    parser().parse_args(arguments)


@pytest.mark.parametrize("text", site_files())
def test_every_site_file_that_is_shown_passes_the_check(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUARDS_SECRET", "whsec_" + "c2VjcmV0" * 5)
    site = tmp_path / "site.yaml"
    site.write_text(text, encoding="utf-8")
    assert main(["check", str(site)]) == 0


def test_both_commands_of_the_readme_are_shown() -> None:
    readme = blocks(ROOT / "README.md", "sh")
    assert "make demo\n" in readme
    assert "make test\n" in readme


READERS_PAGE = ROOT / "docs" / "readers.md"
AROUND_ENTRIES = """\
site: {name: shown}
zones: [{name: hall}, {name: office}, {name: gate, role: exit}]
readers:
"""


@pytest.mark.parametrize("block", blocks(READERS_PAGE, "yaml"))
def test_every_reader_entry_that_is_shown_can_be_pasted_into_a_site_file(block: str) -> None:
    entries = "".join(f"  {line}\n" for line in block.splitlines())
    site = parse_site(AROUND_ENTRIES + entries, "shown.yaml", {"MQTT_PASSWORD": "x"})
    assert site.settings.readers
