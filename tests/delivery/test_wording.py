"""What somebody reads at night."""

from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alert import Excursion
from delivery.attempt import Delivery
from delivery.message import plain, told_in
from delivery.wording import long_text, short_text, subject_line
from tests.delivery.letters import (
    HOSTILE,
    changed,
    heartbeat_letter,
    letter_of,
    notice_letter,
    trial_letter,
)
from tests.delivery.made import T0_NS, alert

BERLIN = ZoneInfo("Europe/Berlin")
LONG = """\
What      laptop-7 left where it may be
Status    CRITICAL raised, now active unacknowledged
Where     from hall, to gate
When      Mon 21 Sep 2026, 16:13:20 CEST
Asset     laptop-7
Tag       30340000000000000000abcd
Rule      laptops stay in
Site      Depot 1

Evidence
  gate-1 antenna 2: 3 reads, -61.5 dBm, 16:13:20 CEST
  reader gate-1 is online

What to do
  Go to gate and look for laptop-7. Then acknowledge the alert with a note, so that nobody else \
is called.

Alert a1, message {}
"""


def test_the_long_text_says_what_who_where_when_why_and_what_to_do() -> None:
    letter = letter_of()
    assert long_text(told_in(letter), "Depot 1", BERLIN) == LONG.format(letter.id)


def test_the_subject_says_the_same_in_one_line() -> None:
    line = subject_line(told_in(letter_of()), "Depot 1")
    assert line == "CRITICAL raised: laptop-7 hall → gate (laptops stay in)"


def test_the_short_text_fits_an_sms() -> None:
    text = short_text(told_in(letter_of()), "Depot 1", BERLIN)
    assert text == ("CRITICAL raised: laptop-7 hall -> gate 16:13:20 (laptops stay in, Depot 1)")


def test_who_took_it_on_is_named() -> None:
    text = long_text(told_in(letter_of("acknowledged", transitions=2)), "Depot 1", BERLIN)
    assert "By        acknowledged by ann at 16:13:20 CEST: on my way" in text
    assert "Nothing: somebody has taken it on." in text


def test_an_excursion_is_told_with_its_peak() -> None:
    measured = Excursion(
        quantity="temperature", unit="°C", limit=8.0, started_ns=T0_NS, peak=11.5, peak_ns=T0_NS
    )
    one = changed(alert(), kind="sensor", asset=None, tag="", sensor="fridge 1", excursion=measured)
    text = long_text(told_in(letter_of(one=one)), "Depot 1", BERLIN)
    assert "What      sensor fridge 1 measures what it must not" in text
    assert "Measured  temperature 11.5 °C, limit 8.0 °C" in text


def test_a_notice_names_the_first_and_counts_the_rest() -> None:
    text = long_text(told_in(notice_letter()), "Depot 1", BERLIN)
    assert "What      480 alerts" in text
    assert "laptop-9, 470 more" in text
    assert "look at doors, then at readers" in text


@pytest.mark.parametrize("letter", [letter_of(test=True), trial_letter()])
def test_a_drill_and_a_test_say_so_first(letter: Delivery) -> None:
    assert subject_line(told_in(letter), "Depot 1").startswith("[TEST] ")
    assert short_text(told_in(letter), "Depot 1", BERLIN).startswith("[TEST] ")


def test_a_heartbeat_says_what_its_absence_means() -> None:
    text = long_text(told_in(heartbeat_letter()), "Depot 1", BERLIN)
    assert "If this message fails to come, look at the gateway." in text


def test_a_late_alert_says_when_it_became_known() -> None:
    text = long_text(told_in(letter_of(late=True)), "Depot 1", BERLIN)
    assert "Late      it became known only at 16:13:20 CEST" in text


def test_an_alert_about_zones_or_readers_names_them() -> None:
    blind = changed(alert(), asset=None, tag="", to_zone="hall", zones=("hall", "yard"))
    assert "raised: hall, yard (" in subject_line(told_in(letter_of(one=blind)), "d")
    lost = changed(alert(), asset=None, tag="", from_zone=None, to_zone=None, reader="gate-1")
    assert "raised: reader gate-1 (" in subject_line(told_in(letter_of(one=lost)), "d")


HARD = st.text(max_size=300) | st.just(HOSTILE)


@given(name=HARD, rule=HARD, zone=HARD, site=HARD)
def test_whatever_the_names_are_lines_stay_lines(
    name: str, rule: str, zone: str, site: str
) -> None:
    one = changed(alert(asset=name), rule=rule, from_zone=zone, to_zone=zone, portal=zone)
    told = told_in(letter_of(one=one))
    assert subject_line(told, site).isprintable()
    short = short_text(told, site, BERLIN)
    assert short.isprintable()
    assert len(short) <= 160
    lines = long_text(told, site, BERLIN).split("\n")
    assert all(line.isprintable() for line in lines)
    assert len(lines) < 30


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@given(JSON)
def test_a_body_of_another_shape_is_worded_or_refused(body: object) -> None:
    text = msgspec.json.encode({"type": "alert.raised", "data": body}).decode()
    told = told_in(msgspec.structs.replace(letter_of(), body=text))
    assert subject_line(told, "d").isprintable()
    assert len(short_text(told, "d", BERLIN)) <= 160
    assert long_text(told, "d", BERLIN)


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_a_plain_name_is_one_line_within_its_length(name: str, longest: int) -> None:
    shown = plain(name, longest)
    assert len(shown) <= longest
    assert shown.isprintable()
