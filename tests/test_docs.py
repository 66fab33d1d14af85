"""What README and docs tell people to type and click must be there."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.rule_kinds import RULES
from alerts.settings import RuleSettings
from gateway.cli import main, parser
from gateway.site import Site, parse_site

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
ROW = re.compile(r"^\| ([^|]+) \|.*\| ([^|]+) \|$", re.MULTILINE)
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


RULES_PAGE = ROOT / "docs" / "rules.md"
RULE_ENTRIES = [each for each in blocks(RULES_PAGE, "yaml") if each.startswith("- name:")]
ALERTS_PAGE = ROOT / "docs" / "alerts.md"


def site_with(rules: str) -> Site:
    """The site of the page about rules, with these."""
    (around,) = [each for each in blocks(RULES_PAGE, "yaml") if each.startswith("site:")]
    return parse_site(around + rules, "shown.yaml")


@pytest.mark.parametrize("block", RULE_ENTRIES)
def test_every_rule_that_is_shown_can_be_pasted_into_the_site_file_of_its_page(block: str) -> None:
    site = site_with("rules:\n" + "".join(f"  {line}\n" for line in block.splitlines()))
    assert site.warnings == ()


def test_every_kind_of_rule_is_shown_under_its_name_with_a_picture() -> None:
    page = RULES_PAGE.read_text(encoding="utf-8")
    for kind in RULES:
        _, _, section = page.partition(f"\n## {kind}\n")
        section = section.partition("\n## ")[0]
        assert f"  kind: {kind}\n" in section, kind
        assert f"(images/rule-{kind.replace('_', '-')}.svg)" in section, kind


def defaults_told(section: str) -> Iterator[tuple[str, str]]:
    """The keys in the tables of a section, and what holds where they are not given."""
    rows: list[tuple[str, str]] = ROW.findall(section)
    for first, last in rows:
        keys, values = re.findall(r"`(\w+)`", first), re.split(r", |; ", last)
        yield from zip(keys, values, strict=False)


@pytest.mark.parametrize(("kind", "settings"), RULES.items())
def test_every_default_of_a_rule_that_is_told_is_the_one_that_holds(
    kind: str, settings: type[RuleSettings]
) -> None:
    page = RULES_PAGE.read_text(encoding="utf-8")
    section = page.partition(f"\n## {kind}\n")[2].partition("\n## ")[0]
    for key, told in defaults_told(section):
        field = settings.model_fields[key]
        if told == "required":
            assert field.is_required(), key
        elif told in {"true", "false"}:
            assert field.default is (told == "true"), key
        elif told.isdecimal():
            assert field.default == float(told), key


@pytest.mark.parametrize(
    "block", [each for each in blocks(ALERTS_PAGE, "yaml") if each.startswith("rules:")]
)
def test_every_list_of_rules_that_is_shown_is_understood(block: str) -> None:
    assert site_with(block).warnings == ()


def test_every_control_names_a_test_that_there_is() -> None:
    page = (ROOT / "docs/reference/security-controls.md").read_text(encoding="utf-8")
    named: list[str] = re.findall(r"`(tests/\S+\.py)`", page)
    assert len(named) > len(re.findall(r"^\| ", page, re.MULTILINE))
    assert [name for name in named if not (ROOT / name).is_file()] == []
