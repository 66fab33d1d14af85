"""Rows as CSV."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from api.tables import csv_text


def test_each_kind_of_value_has_its_cell() -> None:
    lists: tuple[object, ...] = ((1.0, "y"), [])
    row = {"a": None, "b": True, "c": -1.5, "d": lists, "e": {"k": "ü"}, "f": "=1", "g": "z"}
    assert csv_text("abcdef", [row]).splitlines() == [
        "a,b,c,d,e,f",
        ',true,-1.5,"[[1.0, ""y""], []]","{""k"": ""ü""}",\'=1',
    ]


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0")))
def test_no_text_opens_as_a_formula_and_none_is_lost(text: str) -> None:
    table = csv_text(["text", "end"], [{"text": text, "end": "."}])
    [cell, end] = list(csv.reader(io.StringIO(table, newline="")))[1]
    assert end == "."
    assert cell.removeprefix("'") == text.removeprefix("'")
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
