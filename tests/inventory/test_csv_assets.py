"""Assets as CSV: each bad row is named and costs itself only."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.assets import Asset
from inventory.csv_assets import (
    CELL_CHARS_MAX,
    COLUMNS,
    ROW_LINES_MAX,
    RowProblem,
    assets_csv,
    parse_assets_csv,
)

EPC = "303435fc8803d056d15b963f"
EPC_2 = "303435fc8803d056d15b9640"


def ids(text: str) -> list[str]:
    return [asset.id for asset in parse_assets_csv(text).assets]


def only_problem(text: str) -> RowProblem:
    (problem,) = parse_assets_csv(text).problems
    return problem


def test_every_column_lands_in_its_field() -> None:
    text = f"{','.join(COLUMNS)}\nL1,Laptop 1,laptop,{EPC} code:A7,it,S,N,B,Kim,office,ok\n"
    parsed = parse_assets_csv(text)
    assert parsed.problems == ()
    assert parsed.assets == (
        Asset(
            id="L1",
            name="Laptop 1",
            category="laptop",
            tags=(EPC, "code:A7"),
            group="it",
            sku="S",
            serial="N",
            lot="B",
            owner="Kim",
            home_zone="office",
            status="ok",
        ),
    )


def test_only_the_id_is_required_and_columns_come_in_any_order() -> None:
    assert parse_assets_csv("id\nL1\n").assets == (Asset(id="L1"),)
    assert parse_assets_csv("name, ID\nPump,P1").assets == (Asset(id="P1", name="Pump"),)


def test_a_byte_order_mark_blank_lines_and_blanks_around_cells_are_no_matter() -> None:
    text = f"\ufeffid,category,tags\r\n\r\n L1 , laptop ,  {EPC.upper()}  \r\n,,\r\n"
    assert parse_assets_csv(text).assets == (Asset(id="L1", category="laptop", tags=(EPC,)),)


def test_quoted_cells_keep_commas_quotes_and_line_breaks() -> None:
    parsed = parse_assets_csv('id,name\nA,"one, ""two""\r\nthree"\nB,x\n,y\n')
    assert parsed.assets == (Asset(id="A", name='one, "two"\nthree'), Asset(id="B", name="x"))
    assert parsed.problems == (RowProblem(5, "id", "is empty"),)


def test_a_problem_reads_as_file_line_field_and_message() -> None:
    parsed = parse_assets_csv("id,name\n,x\nA\n", "stock.csv")
    assert parsed.described() == [
        "stock.csv:2: id: is empty",
        "stock.csv:3: row: cells: 1, but columns in the header: 2",
    ]


@pytest.mark.parametrize(
    ("row", "field", "message"),
    [
        (",x,", "id", "is empty"),
        ("A,x,", "id", "'A' stands on line 2 too"),
        (f"B,x,{EPC.upper()}", "tags", f"'{EPC}' stands on line 2 too"),
        (f"B,x,{EPC_2} {EPC_2}", "tags", f"tag {EPC_2} stands twice in this row"),
        ("B,x,303", "tags", "odd number of hex digits"),
        (f"B,x,{EPC_2};code:X", "tags", "(several tags are separated by spaces)"),
        ("B,x,y,z", None, "cells: 4, but columns in the header: 3"),
        ("B,x", None, "cells: 2, but columns in the header: 3"),
        (f"B,{'x' * (CELL_CHARS_MAX + 1)},", "name", "has 1001 characters"),
        ("B,a\x00b,", "name", "control character U+0000"),
        ("B,a\x85b,", "name", "control character U+0085"),
        ("B,a\ud800b,", "name", "control character U+D800"),
        ('"B\nC",x,', "id", "has a line break"),
        ('B,"x"y,', None, "a closing quote is followed by text"),
        ('B,"x,', None, "a quote is opened and not closed"),
    ],
)
def test_a_bad_row_is_named_and_the_rows_around_it_count(
    row: str,
    field: str | None,
    message: str,
) -> None:
    text = f"id,name,tags\nA,first,{EPC}\n{row}\nZ,last,\n"
    problem = only_problem(text)
    assert (problem.line, problem.field) == (3, field)
    assert message in problem.message
    assert ids(text) == ["A", "Z"]


def test_a_bad_row_does_not_take_its_id_and_tags_with_it() -> None:
    text = f"id,tags\nA,{EPC} 303\nA,{EPC}\n"
    assert parse_assets_csv(text).assets == (Asset(id="A", tags=(EPC,)),)


def test_a_quote_that_is_never_closed_costs_one_line_of_a_long_file() -> None:
    rows = "".join(f"B{n},x\n" for n in range(3 * ROW_LINES_MAX))
    text = f'id,name\nA,"x\n{rows}'
    assert only_problem(text).line == 2
    assert len(ids(text)) == 3 * ROW_LINES_MAX


def test_a_cell_too_long_for_the_csv_module_costs_its_row() -> None:
    text = f"id,name\nA,{'x' * 200_000}\nB,y\n"
    assert "is no CSV" in only_problem(text).message
    assert ids(text) == ["B"]


@pytest.mark.parametrize(
    ("header", "field", "message"),
    [
        ("id,colour", "colour", "unknown column; known: id, name, category, tags"),
        ("id;name", "id;name", "separate columns by commas"),
        ("id,name,name", "name", "the column stands twice"),
        ("name", "id", "the header has no column id"),
        ('id,"name', None, "a quote is opened"),
    ],
)
def test_a_bad_header_is_named_and_no_row_is_taken(
    header: str,
    field: str | None,
    message: str,
) -> None:
    parsed = parse_assets_csv(f"{header}\nA,x\n")
    assert parsed.assets == ()
    problem = parsed.problems[0]
    assert (problem.line, problem.field) == (1, field)
    assert message in problem.message


def test_an_empty_file_is_said_to_be_empty() -> None:
    assert only_problem("\n \n") == RowProblem(1, None, "the file is empty")


@pytest.mark.parametrize("cell", ["=1+1", "+49", "-3", "@x", "'=1", "''-x", "'quoted'", "a=b"])
def test_a_cell_that_a_spreadsheet_would_run_is_written_as_text(cell: str) -> None:
    written = assets_csv([Asset(id="A", name=cell)])
    shown = list(csv.reader(io.StringIO(written)))[1][1]
    assert shown[0] not in "=+-@"
    assert parse_assets_csv(written).assets == (Asset(id="A", name=cell),)


CELLS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")) | st.sampled_from("\n=+-@'\""),
    max_size=20,
).map(str.strip)
LINES = CELLS.map(lambda cell: cell.replace("\n", "")).map(str.strip)
TAGS = st.binary(min_size=1, max_size=16).map(bytes.hex)


@st.composite
def registers(draw: st.DrawFn) -> list[Asset]:
    names = draw(st.lists(LINES.filter(bool), unique=True, max_size=5))
    tags = iter(draw(st.lists(TAGS, unique=True, min_size=10, max_size=10)))
    cells = [name for name in COLUMNS if name not in {"id", "tags"}]
    return [
        Asset(id=name, tags=(next(tags), next(tags)), **{cell: draw(CELLS) for cell in cells})
        for name in names
    ]


@given(registers())
def test_what_is_written_is_read_again_unchanged(assets: list[Asset]) -> None:
    parsed = parse_assets_csv(assets_csv(assets))
    assert parsed.problems == ()
    assert list(parsed.assets) == assets


@given(registers())
def test_no_written_cell_begins_like_a_formula(assets: list[Asset]) -> None:
    for row in csv.reader(io.StringIO(assets_csv(assets), newline="")):
        assert not any(re.match(r"[=+\-@\t\r]", cell) for cell in row)


@given(st.text(st.sampled_from('id,name\n\r"x =\x00\ufeff') | st.characters(), max_size=200))
def test_no_text_whatever_breaks_the_reader(text: str) -> None:
    parsed = parse_assets_csv("id,name,tags\n" + text)
    assert all(
        2 <= problem.line <= text.count("\n") + text.count("\r") + 2 for problem in parsed.problems
    )
    assert len({asset.id for asset in parsed.assets}) == len(parsed.assets)
