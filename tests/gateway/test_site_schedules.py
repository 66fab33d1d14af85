"""Schedules in a site file: what they mean, and what is said where they are wrong."""

import re
from pathlib import Path

import pytest

from alerts.schedule_settings import ScheduleSettings
from gateway.replay import replay_pipeline
from gateway.site import Site, SiteError, load_site, parse_site
from gateway.site_rules import schedules_of
from gateway.site_schema import site_schema
from tags.times import parse_time

NOW_NS = parse_time("2026-11-04T12:00:00Z")

# Schedules stand on line 6, the rule on line 8.
SITE = """\
site: {name: depot, timezone: Europe/Berlin}
zones: [{name: hall}, {name: gate, role: exit}]
readers: [{name: r, driver: llrp, address: h, zone: hall, antennas: {2: {zone: gate}}}]
channels: [{name: log, kind: log}]
schedules:
  - SCHEDULE
rules:
  - {name: stay, fence: [hall], notify: [log], schedule: RULE}
"""
WEEK = "windows: [{days: [mon, tue, wed, thu, fri], from: 18:00, to: 06:00}]"


def site_with(schedule: str, rule: str = "night") -> Site:
    text = SITE.replace("SCHEDULE", schedule).replace("RULE", rule)
    return parse_site(text, "s.yaml", {}, NOW_NS)


def problems(schedule: str, rule: str = "night") -> list[str]:
    with pytest.raises(SiteError) as caught:
        site_with(schedule, rule)
    return str(caught.value).split("\n")


def warned(schedule: str, rule: str = "night") -> list[str]:
    return [str(warning) for warning in site_with(schedule, rule).warnings]


def settings(**parts: object) -> ScheduleSettings:
    return ScheduleSettings.model_validate(parts)


def test_a_rule_holds_by_the_schedule_that_it_names_in_the_time_of_the_site() -> None:
    site = site_with(f"{{name: night, {WEEK}}}")
    assert site.warnings == ()
    (night,) = site.settings.schedules
    assert night.windows[0].days == ("mon", "tue", "wed", "thu", "fri")
    hours = schedules_of(site.settings)["stay"]
    assert hours.next_change_ns(NOW_NS) == parse_time("2026-11-04T17:00:00Z")
    assert not hours.is_open(NOW_NS)


def test_a_rule_may_have_a_schedule_of_its_own_or_none() -> None:
    own = site_with(f"{{name: night, {WEEK}}}", "{windows: [{from: 09:00, to: 17:00}]}")
    hours = schedules_of(own.settings)["stay"]
    assert hours.next_change_ns(NOW_NS) == parse_time("2026-11-04T16:00:00Z")
    assert schedules_of(site_with(f"{{name: night, {WEEK}}}", "null").settings) == {}


def test_other_rules_of_a_replay_hold_by_their_own_schedules() -> None:
    site = site_with(f"{{name: night, {WEEK}}}")
    others = site_with("{name: night, windows: [{from: 07:00, to: 08:00}]}")
    replayed = replay_pipeline(others)._read_blueprint(site.text)
    assert replayed.timetables == schedules_of(others.settings) != schedules_of(site.settings)


@pytest.mark.parametrize("hour", ["18:00", '"18:00"', "'18:00'"])
def test_times_are_read_as_they_stand_with_and_without_quotes(hour: str) -> None:
    block = f"name: night\n    windows:\n      - from: {hour}\n        to: 6:00"
    (night,) = site_with(block).settings.schedules
    assert (night.windows[0].begins, night.windows[0].ends) == ("18:00", "06:00")


def test_dates_are_read_as_they_stand() -> None:
    christmas = "once: [{from: 2026-12-24T00:00, to: 2026-12-27 00:00:00}], on_holidays: open"
    (night,) = site_with(f"{{name: night, {christmas}, holidays: [2027-01-01]}}").settings.schedules
    expected = settings(
        once=[{"from": "2026-12-24T00:00", "to": "2026-12-27T00:00"}],
        holidays=["2027-01-01"],
        on_holidays="open",
    )
    assert (night.once, night.holidays) == (expected.once, expected.holidays)


@pytest.mark.parametrize(
    ("windows", "said"),
    [
        ("[]", ": never opens; it needs windows or once"),
        ("null", ".windows: must be a list"),
        ("{from: 18:00, to: 06:00}", ".windows: must be a list"),
        ("[18:00-06:00]", ".windows[0]: must be a mapping (key: value)"),
        ("[{from: 18:00}]", ".windows[0].to: is missing"),
        (
            "[{from: 1080, to: 06:00}]",
            (
                '.windows[0].from: must be a time of day in quotes, such as "18:00"; '
                "1080 is what YAML 1.1 makes of 18:00 without quotes"
            ),
        ),
        (
            "[{from: 1800, to: 06:00}]",
            '.windows[0].from: must be a time of day in quotes, such as "18:00"',
        ),
        (
            "[{from: 18, to: 06:00}]",
            '.windows[0].from: must be a time of day in quotes, such as "18:00"',
        ),
        ("[{from: 6pm, to: 06:00}]", '.windows[0].from: must be a time of day such as "18:00"'),
        ("[{from: 06:00:00, to: 7:00}]", '.windows[0].from: must be a time of day such as "18:00"'),
        (
            "[{from: 25:00, to: 06:00}]",
            '.windows[0].from: is later than any time of day; the last one is "24:00"',
        ),
        (
            "[{from: 18:00, to: 24:01}]",
            '.windows[0].to: is later than any time of day; the last one is "24:00"',
        ),
        (
            "[{from: 18:60, to: 24:00}]",
            '.windows[0].from: is later than any time of day; the last one is "24:00"',
        ),
        (
            "[{from: 24:00, to: 06:00}]",
            '.windows[0].from: must be at most "23:59"; "00:00" is where the next day begins',
        ),
        ("[{days: mon, from: 1:00, to: 6:00}]", ".windows[0].days: must be a list"),
        ("[{days: [], from: 1:00, to: 6:00}]", ".windows[0].days: must have at least 1 item"),
        (
            "[{days: [Monday], from: 1:00, to: 6:00}]",
            (
                ".windows[0].days[0]: must be mon or tue or wed or thu or fri or sat or sun; "
                "did you mean 'mon'?"
            ),
        ),
        (
            "[{days: [mon, 2], from: 1:00, to: 6:00}]",
            ".windows[0].days[1]: must be mon or tue or wed or thu or fri or sat or sun",
        ),
        (
            "[{day: [mon], from: 1:00, to: 6:00}]",
            ".windows[0].day: unknown key; did you mean 'days'?",
        ),
    ],
)
def test_what_is_wrong_with_a_window_is_said_once_with_line_and_key(
    windows: str, said: str
) -> None:
    assert problems(f"{{name: night, windows: {windows}}}") == [f"s.yaml:6: schedules[night]{said}"]


@pytest.mark.parametrize(
    ("once", "said"),
    [
        (
            "from: 2026-12-24, to: 2026-12-27T00:00",
            ".from: must be a date and a time such as 2026-12-24T18:00",
        ),
        (
            "from: 20261224, to: 2026-12-27T00:00",
            ".from: must be a date and a time such as 2026-12-24T18:00",
        ),
        ("from: 2026-12-27T00:00, to: 2026-12-27T00:00", ": to must be later than from"),
        (
            "from: 2026-12-24T00:00+01:00, to: 2026-12-27T00:00",
            ": from and to must both have an offset such as +01:00, or neither",
        ),
        (
            "from: 2026-02-30T00:00, to: 2026-12-27T00:00",
            ".from: is no day of the calendar or no time: day is out of range for month",
        ),
        (
            "from: 1026-02-03T00:00, to: 2026-12-27T00:00",
            ".from: must lie in the years 2000 to 2199",
        ),
    ],
)
def test_what_is_wrong_with_a_time_that_comes_once_is_said_once(once: str, said: str) -> None:
    found = problems(f"{{name: night, once: [{{{once}}}]}}")
    # Python words the reason why a date is none, and not always the same way.
    assert len(found) == 1
    assert found[0].startswith(f"s.yaml:6: schedules[night].once[0]{said[:60]}")


@pytest.mark.parametrize(
    ("holidays", "said"),
    [
        (
            "holidays: [2026-12-25]",
            ": has holidays; say what they mean by on_holidays: closed, open, same",
        ),
        (
            "holidays: [12/25], on_holidays: open",
            ".holidays[0]: must be a date such as 2026-12-25",
        ),
        (
            "holidays: [20261225], on_holidays: open",
            ".holidays[0]: must be a date such as 2026-12-25",
        ),
        (
            "holidays: [2026-12-25T00:00], on_holidays: open",
            ".holidays[0]: must be a date such as 2026-12-25",
        ),
        (
            "on_holidays: opne",
            ".on_holidays: must be same or closed or open; did you mean 'open'?",
        ),
        ("hollidays: []", ".hollidays: unknown key; did you mean 'holidays'?"),
    ],
)
def test_what_is_wrong_with_holidays_is_said_once(holidays: str, said: str) -> None:
    found = problems(f"{{name: night, {WEEK}, {holidays}}}")
    assert found == [f"s.yaml:6: schedules[night]{said}"]


@pytest.mark.parametrize(
    "never",
    [
        "once: []",
        "holidays: [2026-12-25], on_holidays: closed",
        "holidays: [2026-12-25], on_holidays: same",
        "holidays: [], on_holidays: open",
    ],
)
def test_a_schedule_that_never_opens_is_wrong(never: str) -> None:
    (said,) = problems(f"{{name: night, {never}}}")
    assert said == "s.yaml:6: schedules[night]: never opens; it needs windows or once"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("nigth", ": there is no schedule 'nigth'; did you mean 'night'?"),
        ("5", ": must be the name of a schedule, or a mapping with windows or once"),
        ("[night]", ": must be the name of a schedule, or a mapping with windows or once"),
        ("{windows: []}", ": never opens; it needs windows or once"),
        ("{windows: [{from: 18:00}]}", ".windows[0].to: is missing"),
        (
            f"{{name: mine, {WEEK}}}",
            ".name: unknown key; known: holidays, on_holidays, once, windows",
        ),
        ("${NIGHT}", ": must be written out: what is decided can not hang on ${NAME}"),
    ],
)
def test_what_is_wrong_with_the_schedule_of_a_rule_is_said_once(rule: str, said: str) -> None:
    assert problems(f"{{name: night, {WEEK}}}", rule)[0] == f"s.yaml:8: rules[stay].schedule{said}"


def test_a_broken_schedule_is_not_called_unknown_by_its_rules() -> None:
    (said,) = problems("{name: night, windows: [{from: 18:00}]}")
    assert said == "s.yaml:6: schedules[night].windows[0].to: is missing"


def test_the_time_zone_by_which_schedules_go_is_written_out() -> None:
    text = SITE.replace("SCHEDULE", f"{{name: night, {WEEK}}}").replace("RULE", "night")
    with pytest.raises(SiteError, match=r"s\.yaml:1: site\.timezone: must be written out"):
        parse_site(text.replace("Europe/Berlin", "'${ZONE}'"), "s.yaml", {"ZONE": "UTC"})


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        (
            "once: [{from: 2026-11-01T00:00, to: 2026-11-04T13:00}]",
            ": warning: is over: it never opens again, so its rules hold no more",
        ),
        (
            f"{WEEK}, once: [{{from: 2025-12-24T00:00, to: 2025-12-27T00:00}}]",
            ".once[0]: warning: is over; it can be removed",
        ),
        (
            f"{WEEK}, holidays: [2025-12-26, 2025-12-25], on_holidays: open",
            ".holidays: warning: all are over, the last was 2025-12-26; give those to come",
        ),
    ],
)
def test_what_lies_in_the_past_is_warned_of(schedule: str, said: str) -> None:
    assert warned(f"{{name: night, {schedule}}}") == [f"s.yaml:6: schedules[night]{said}"]


@pytest.mark.parametrize(
    "schedule",
    [
        "once: [{from: 2026-11-01T00:00, to: 2026-11-04T13:01}]",
        "once: [{from: 2026-11-04T14:00+01:00, to: 2026-11-04T15:00+01:00}]",
        f"{WEEK}, holidays: [2025-12-26, 2026-11-04], on_holidays: open",
    ],
)
def test_what_is_still_to_come_is_not(schedule: str) -> None:
    assert warned(f"{{name: night, {schedule}}}") == []


def test_a_rule_with_a_schedule_of_its_own_that_is_over_is_warned_of() -> None:
    over = "{once: [{from: 2020-01-01T00:00, to: 2020-01-02T00:00}]}"
    assert warned(f"{{name: night, {WEEK}}}", over) == [
        "s.yaml:6: schedules[night]: warning: no rule uses this schedule",
        (
            "s.yaml:8: rules[stay].schedule: warning: is over: it never opens again, so its rules "
            "hold no more"
        ),
    ]


def test_a_file_that_is_loaded_is_compared_with_the_time(tmp_path: Path) -> None:
    over = "{name: night, once: [{from: 2020-01-01T00:00, to: 2020-01-02T00:00}]}"
    path = tmp_path / "s.yaml"
    path.write_text(SITE.replace("SCHEDULE", over).replace("RULE", "night"))
    (warning,) = load_site(path).warnings
    assert "is over" in warning.message
    assert parse_site(path.read_text()).warnings == ()


def test_the_schema_knows_schedules() -> None:
    schema = site_schema()
    assert schema["properties"]["schedules"]["items"] == {"$ref": "#/$defs/NamedSchedule"}
    window = schema["$defs"]["WeeklyWindow"]
    assert window["required"] == ["from", "to"]
    pattern = window["properties"]["to"]["pattern"]
    assert all(re.search(pattern, time) for time in ("6:00", "18:00", "23:59", "24:00"))
    assert not any(re.search(pattern, time) for time in ("24:01", "25:00", "18:60", "18"))


def test_what_the_page_about_schedules_shows_is_one_right_site_file(root: Path) -> None:
    page = (root / "docs" / "how-to" / "schedules.md").read_text(encoding="utf-8")
    shown: list[str] = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    site = parse_site("".join(shown), "s.yaml", {}, NOW_NS)
    assert [str(each) for each in site.warnings] == []
    assert list(schedules_of(site.settings)) == [rule.name for rule in site.settings.rules]
