"""The figures of alarm management, counted by hand here."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from alerts.alert import Acknowledgement, AlertChange, Severity, Shelf
from history.alarm_figures import quantile
from history.questions import StateQuestions
from tags.times import SECOND_NS, format_time
from tests.history.made import Writer, alert, at, passing_state

MINUTE = 60
HOUR = 3600


def call(
    name: str,
    second: float,
    rule: str = "stay in",
    severity: Severity = "warning",
    **facts: Any,  # noqa: ANN401 - any field of an alert
) -> AlertChange:
    """An alert of an asset of its own, raised then."""
    one = replace(alert(name, name, rule), severity=severity, raised_at_ns=at(second), **facts)
    return AlertChange("raised", one, at(second))


def figures(
    questions: StateQuestions, since: float, until: float, now: float | None = None
) -> dict[str, Any]:
    return questions.alarm_figures(at(since), at(until), at(until if now is None else now))


def test_nothing_happened(questions: StateQuestions, writer: Writer) -> None:
    del writer
    told = figures(questions, 0, HOUR)
    assert told["annunciated"] == 0
    assert told["per_ten_minutes"] == {
        "mean": 0.0,
        "peak": 0,
        "peak_time": None,
        "share_over_ten": 0.0,
    }
    assert told["floods"] == {"count": 0, "share_of_time": 0.0, "newest": []}
    assert told["acknowledgement"] == {"count": 0, "median_s": None, "p90_s": None}
    assert (told["by_rule"], told["by_severity"]) == ([], {"critical": 0, "warning": 0, "info": 0})


def test_alerts_are_counted_in_spans_of_ten_minutes(
    writer: Writer, questions: StateQuestions
) -> None:
    writer.commit(*[call(f"a{n}", 10 * MINUTE + n) for n in range(11)])
    writer.commit(call("late", 3 * HOUR), call("last", HOUR - 0.001))
    told = figures(questions, 0, HOUR)
    assert told["annunciated"] == 12
    assert told["per_ten_minutes"] == {
        "mean": 2.0,
        "peak": 11,
        "peak_time": format_time(at(10 * MINUTE)),
        "share_over_ten": round(1 / 6, 4),
    }


def test_a_flood_lasts_until_a_span_of_fewer_than_five(
    writer: Writer, questions: StateQuestions
) -> None:
    counts = [9, 10, 5, 4, 0, 12]
    writer.commit(
        *[
            call(f"a{span}-{n}", span * 10 * MINUTE + n)
            for span, count in enumerate(counts)
            for n in range(count)
        ]
    )
    floods = figures(questions, 0, HOUR)["floods"]
    assert (floods["count"], floods["share_of_time"]) == (2, 0.5)
    assert floods["newest"] == [
        {
            "since": format_time(at(50 * MINUTE)),
            "until": format_time(at(HOUR)),
            "annunciated": 12,
        },
        {
            "since": format_time(at(10 * MINUTE)),
            "until": format_time(at(30 * MINUTE)),
            "annunciated": 15,
        },
    ]


def test_what_calls_nobody_is_not_counted_until_it_does(
    writer: Writer, questions: StateQuestions
) -> None:
    shelf = Shelf("ann", at(0), at(600), "repair")
    quiet = call("a1", 1, shelved=shelf)
    writer.commit(
        quiet,
        call("a2", 1, suppressed_by="reader"),
        call("a3", 1, out_of_service=True),
        call("a4", 1, test=True),
    )
    assert figures(questions, 0, HOUR)["annunciated"] == 0
    told = replace(quiet.alert, shelved=None)
    writer.commit(AlertChange("unshelved", told, at(600), announces="raised"))
    writer.commit(AlertChange("reopened", replace(told, occurrences=2), at(700)))
    assert figures(questions, 0, HOUR)["annunciated"] == 2


def test_the_time_to_acknowledge_is_from_the_last_call_and_tests_do_not_count(
    writer: Writer, questions: StateQuestions
) -> None:
    def acknowledged(change: AlertChange, second: float, **facts: Any) -> AlertChange:  # noqa: ANN401 - any field of an alert
        taken = replace(change.alert, acknowledged=Acknowledgement("ann", at(second), ""), **facts)
        return AlertChange("acknowledged", taken, at(second), "ann")

    again = call("again", 0)
    reopened = AlertChange("reopened", replace(again.alert, occurrences=2), at(1000))
    writer.commit(again, acknowledged(again, 5), reopened, acknowledged(reopened, 1010))
    shelf = Shelf("ann", at(0), at(600), "repair")
    quiet = call("quiet", 1, shelved=shelf)
    told = AlertChange("unshelved", replace(quiet.alert, shelved=None), at(600), announces="raised")
    writer.commit(quiet, told, acknowledged(told, 630))
    drill = call("drill", 0, test=True)
    writer.commit(drill, acknowledged(drill, 900))
    assert figures(questions, 0, HOUR)["acknowledgement"] == {
        "count": 2,
        "median_s": 20.0,
        "p90_s": 28.0,
    }


def test_the_time_to_acknowledge_is_from_the_raise(
    writer: Writer, questions: StateQuestions
) -> None:
    for n, took_s in enumerate([10, 20, 30, 40, 100]):
        raised = call(f"a{n}", n)
        taken = replace(raised.alert, acknowledged=Acknowledgement("ann", at(n + took_s), ""))
        writer.commit(raised, AlertChange("acknowledged", taken, at(n + took_s), "ann"))
        # What happens later does not count it again.
        writer.commit(AlertChange("returned", replace(taken, condition="returned"), at(500)))
    told = figures(questions, 0, HOUR)
    assert told["acknowledgement"] == {"count": 5, "median_s": 30.0, "p90_s": 76.0}
    assert figures(questions, 60, HOUR)["acknowledgement"]["count"] == 1


def test_open_alerts_are_standing_after_a_day(writer: Writer, questions: StateQuestions) -> None:
    old = call("old", 0, chattering=True)
    writer.commit(old, call("new", 25 * HOUR), call("gone", 0))
    writer.commit(AlertChange("cleared", replace(call("gone", 0).alert, cleared=True), at(5)))
    told = figures(questions, 0, HOUR, now=25 * HOUR)
    names = ("open", "standing", "chattering", "unacknowledged")
    assert [told[name] for name in names] == [2, 1, 1, 2]
    assert figures(questions, 0, HOUR, now=24 * HOUR)["standing"] == 0


def test_the_loudest_rules_come_first(writer: Writer, questions: StateQuestions) -> None:
    for rule in range(12):
        writer.commit(
            *[call(f"{rule}-{n}", n, f"rule {rule:02}", "critical") for n in range(rule + 1)]
        )
    told = figures(questions, 0, HOUR)
    assert [row["rule"] for row in told["by_rule"]] == [f"rule {n:02}" for n in range(11, 1, -1)]
    assert told["by_rule"][0] == {"rule": "rule 11", "annunciated": 12, "share": 0.1538}
    assert told["by_severity"] == {"critical": 78, "warning": 0, "info": 0}


@given(
    st.lists(st.floats(0, 7000), max_size=40),
    st.floats(0, 3000),
    st.floats(1, 4000),
)
def test_the_figures_agree_with_a_count_by_hand(
    seconds: list[float], since: float, lasting: float
) -> None:
    since_ns, until_ns = at(since), at(since + lasting)
    with passing_state() as (writer, questions):
        writer.commit(*[call(f"a{n}", second) for n, second in enumerate(seconds)])
        told = questions.alarm_figures(since_ns, until_ns, until_ns)
    times_ns = [at(second) for second in seconds if since_ns <= at(second) < until_ns]
    spans = -(-(until_ns - since_ns) // (600 * SECOND_NS))
    places = [(time_ns - since_ns) // (600 * SECOND_NS) for time_ns in times_ns]
    counts = [places.count(span) for span in range(spans)]
    assert told["annunciated"] == len(times_ns)
    assert told["per_ten_minutes"]["peak"] == max(counts)
    assert told["per_ten_minutes"]["share_over_ten"] == pytest.approx(
        sum(count > 10 for count in counts) / spans, abs=1e-4
    )


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([], 0.5, None), ([7], 0.9, 7), ([1, 2], 0.5, 1.5), ([0, 10, 20], 0.9, 18), ([1, 2, 3], 1, 3)],
)
def test_quantiles_are_interpolated(
    values: list[float], share: float, expected: float | None
) -> None:
    assert quantile(values, share) == expected
