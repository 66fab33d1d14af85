"""Assets as CSV, in and out: a bad row costs that row only, and no cell runs in a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from inventory.assets import Asset
from tags.identity import normalise_tag

COLUMNS = (
    "id",
    "name",
    "category",
    "tags",
    "group",
    "sku",
    "serial",
    "lot",
    "owner",
    "home_zone",
    "status",
)
CELL_CHARS_MAX = 1_000
ROW_LINES_MAX = 50
"""A row with quoted line breaks that is longer has a quote that was never closed."""

# A spreadsheet runs a cell that begins like this; an apostrophe before it makes it text.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")
_REFUSED = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_ONE_LINE = {"id", "tags"}


class RowProblem(NamedTuple):
    """What is wrong in the row that begins on `line`, from 1; `field` is None for the whole row."""

    line: int
    field: str | None
    message: str


class ParsedAssets(NamedTuple):
    """The assets of the good rows in their order, and what is wrong with the others."""

    assets: tuple[Asset, ...]
    problems: tuple[RowProblem, ...]
    file: str = "assets.csv"

    def described(self) -> list[str]:
        """Return the problems as `FILE:LINE: field: message`."""
        return [
            f"{self.file}:{line}: {field or 'row'}: {message}"
            for line, field, message in self.problems
        ]


class _RowError(ValueError):
    """A row that can not be used."""

    def __init__(self, field: str | None, message: str) -> None:
        super().__init__(message)
        self.field = field


class _Row(NamedTuple):
    line: int
    cells: list[str]
    problem: str | None = None


def parse_assets_csv(text: str, file: str = "assets.csv") -> ParsedAssets:
    """Read a header and a row for each asset; only the column `id` is required.

    Cells lose blanks around them. Several tags stand in one cell, separated by
    spaces. A header that can not be used gives no assets and one problem for
    each column. Never raises.
    """
    rows = _rows(text.removeprefix("\ufeff"))
    header = next(rows, None)
    if header is None:
        return ParsedAssets((), (RowProblem(1, None, "the file is empty"),), file)
    columns = [cell.strip().casefold() for cell in header.cells]
    if wrong := list(_header_problems(header, columns)):
        return ParsedAssets((), tuple(wrong), file)
    register = _Register(columns)
    for row in rows:
        register.take(row)
    return ParsedAssets(tuple(register.assets), tuple(register.problems), file)


def assets_csv(assets: Iterable[Asset]) -> str:
    """Write a header and a row for each asset, so that reading gives the same assets again."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for asset in assets:
        cells = {name: str(getattr(asset, name)) for name in COLUMNS if name != "tags"}
        cells["tags"] = " ".join(asset.tags)
        writer.writerow([_escaped(cells[name]) for name in COLUMNS])
    return out.getvalue()


def _escaped(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _unescaped(cell: str) -> str:
    return cell[1:] if _ESCAPED.match(cell) else cell


def _rows(text: str) -> Iterator[_Row]:
    """Split into rows that know their first line; a broken row ends where its line ends."""
    lines = list(io.StringIO(text, newline=""))
    at = 0
    while at < len(lines):
        reader = csv.reader(lines[at : at + ROW_LINES_MAX], strict=True)
        try:
            cells = next(reader)
        except csv.Error as error:
            yield _Row(at + 1, [lines[at]], _csv_words(str(error)))
            at += 1
            continue
        if any(cell.strip() for cell in cells):
            yield _Row(at + 1, cells)
        at += max(1, reader.line_num)


def _csv_words(message: str) -> str:
    if "unexpected end of data" in message:
        return "a quote is opened and not closed"
    if "expected after" in message:
        return 'a closing quote is followed by text; write a quote inside a cell as ""'
    return f"is no CSV: {message}"


def _header_problems(header: _Row, columns: Sequence[str]) -> Iterator[RowProblem]:
    known = ", ".join(COLUMNS)
    if header.problem is not None:
        yield RowProblem(header.line, None, header.problem)
        return
    for column in columns:
        if column not in COLUMNS:
            hint = "; separate columns by commas" if ";" in column or "\t" in column else ""
            shown = ascii(column)[1:-1][:64]
            yield RowProblem(header.line, shown, f"unknown column{hint}; known: {known}")
    for column in sorted({one for one in columns if columns.count(one) > 1}):
        yield RowProblem(header.line, column, "the column stands twice")
    if "id" not in columns:
        yield RowProblem(header.line, "id", "the header has no column id")


class _Register:
    """Rows to assets; ids and tags stand once in a file."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._id_lines: dict[str, int] = {}
        self._tag_lines: dict[str, int] = {}
        self.assets: list[Asset] = []
        self.problems: list[RowProblem] = []

    def take(self, row: _Row) -> None:
        try:
            asset = self._asset(row)
        except _RowError as error:
            self.problems.append(RowProblem(row.line, error.field, str(error)))
            return
        self._id_lines[asset.id] = row.line
        self._tag_lines.update(dict.fromkeys(asset.tags, row.line))
        self.assets.append(asset)

    def _asset(self, row: _Row) -> Asset:
        if row.problem is not None:
            raise _RowError(None, row.problem)
        if len(row.cells) != len(self._columns):
            counts = f"cells: {len(row.cells)}, but columns in the header: {len(self._columns)}"
            raise _RowError(None, counts)
        cells = {
            column: _cell(column, cell)
            for column, cell in zip(self._columns, row.cells, strict=True)
        }
        if not cells["id"]:
            raise _RowError("id", "is empty")
        self._check_new("id", cells["id"], self._id_lines)
        tags = self._tags(cells.pop("tags", ""))
        return Asset(tags=tags, **cells)

    def _tags(self, cell: str) -> tuple[str, ...]:
        tags: dict[str, None] = {}
        for text in cell.split():
            try:
                tag = normalise_tag(text)
            except ValueError as error:
                hint = " (several tags are separated by spaces)" if set(",;|") & set(text) else ""
                raise _RowError("tags", f"{error}{hint}") from error
            if tag in tags:
                raise _RowError("tags", f"tag {tag} stands twice in this row")
            self._check_new("tags", tag, self._tag_lines)
            tags[tag] = None
        return tuple(tags)

    @staticmethod
    def _check_new(field: str, value: str, lines: dict[str, int]) -> None:
        if value in lines:
            raise _RowError(field, f"'{value}' stands on line {lines[value]} too")


def _cell(column: str, cell: str) -> str:
    """Clean one cell. Raises _RowError for what no register should hold."""
    text = _unescaped(cell.strip()).replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > CELL_CHARS_MAX:
        raise _RowError(column, f"has {len(text)} characters, at most {CELL_CHARS_MAX} are taken")
    if refused := _REFUSED.search(text):
        raise _RowError(column, f"has the control character U+{ord(refused[0]):04X}")
    if column in _ONE_LINE and "\n" in text:
        raise _RowError(column, "has a line break")
    return text
