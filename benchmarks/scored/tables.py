"""Sections of the report, as text, as Markdown and for machines."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gateway.tables import Row, columns, markdown

BEGIN, END = "<!-- made by benchmarks/accuracy.py -->", "<!-- end of what is made -->"


class Check(NamedTuple):
    """A figure that was set as a target, and whether it is met; None where it was not measured."""

    what: str
    reached: str
    target: str
    met: bool | None

    @property
    def verdict(self) -> str:
        """In one word."""
        return "not measured" if self.met is None else "met" if self.met else "missed"


class Section(NamedTuple):
    """A table with a title and some words; its first row is the head."""

    title: str
    words: str
    rows: Sequence[Row]


def checks_section(checks: Sequence[Check]) -> Section:
    """All targets, met or not."""
    rows = [(check.what, check.reached, check.target, check.verdict) for check in checks]
    return Section("Targets", "", [("figure", "reached", "target", ""), *rows])


def as_text(sections: Sequence[Section]) -> Iterator[str]:
    """For a terminal."""
    for section in sections:
        yield section.title
        if section.words:
            yield section.words
        yield ""
        yield from columns(section.rows, indent="  ")
        yield ""


def as_markdown(sections: Sequence[Section]) -> Iterator[str]:
    """For a page."""
    for section in sections:
        yield f"### {section.title}"
        yield ""
        if section.words:
            yield section.words
            yield ""
        yield from markdown(section.rows)
        yield ""


def as_data(sections: Sequence[Section], checks: Sequence[Check]) -> dict[str, Any]:
    """For a machine: each row by the names of its columns."""
    tables = {
        section.title: [dict(zip(section.rows[0], row, strict=True)) for row in section.rows[1:]]
        for section in sections
    }
    return {"tables": tables, "targets": [check._asdict() for check in checks]}


def put_into(page: Path, lines: Iterator[str]) -> None:
    """Replace what stands between the marks of a page. Raises ValueError where they are missing."""
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page}: has no lines {BEGIN} and {END}")
    made = "\n".join(lines).strip()
    page.write_text(f"{before}{BEGIN}\n\n{made}\n\n{END}{after}", encoding="utf-8")
