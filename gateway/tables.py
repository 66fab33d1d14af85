"""Small tables as text: for the terminal, and for a page of the documentation."""

from collections.abc import Iterator, Sequence

Row = Sequence[str]


def columns(rows: Sequence[Row], *, indent: str = "") -> Iterator[str]:
    """Lines with the cells of each column below each other: the first to the left, others right."""
    count = max((len(row) for row in rows), default=0)
    widths = [max(len(row[at]) if at < len(row) else 0 for row in rows) for at in range(count)]
    for row in rows:
        cells = [
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=False))
        ]
        yield indent + "  ".join(cells).rstrip()


def markdown(rows: Sequence[Row]) -> Iterator[str]:
    """The same as a table in Markdown; the first row is its head."""
    head, *body = rows
    yield f"| {' | '.join(head)} |"
    yield "|" + "|".join("---" if at == 0 else "---:" for at in range(len(head))) + "|"
    for row in body:
        yield f"| {' | '.join(row)} |"
