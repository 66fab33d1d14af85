"""An alert in words that somebody can act upon at night: a subject, a text, a short text. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

from delivery.message import Told, plain

SHORT_MAX = 160
"""Of one SMS, where all its characters are of the GSM alphabet."""
_READS_SHOWN, _SUBJECTS_SHOWN = 5, 10
_SUBJECT_MAX = 150
_COLUMN = 10

_HAPPENED = {
    "exit": "left where it may be",
    "forbidden": "is where it must not be",
    "enter": "came in",
    "dwell": "has been there for too long",
    "missing": "is missing: its readers are well and do not hear it",
    "crossing": "went through a portal",
    "wrong_way": "went through a portal in the wrong direction",
    "tailgate": "went through a portal without company",
    "unaccompanied": "is on its way without company",
    "speed": "is too fast",
    "count": "too many or too few are there",
    "sensor": "measures what it must not",
    "tamper": "is being tampered with",
    "overdue": "is not back in time",
}
_STEPS = {
    "missing": "Look for it where it was last seen.",
    "sensor": "See to what is measured, and to the sensor.",
    "tamper": "Go to the reader and look at it.",
    "count": "Go there and see who or what is there.",
    "overdue": "Ask who has it.",
    "storm": "So many at once are one event or one fault: look at doors, then at readers.",
    "digest": "These happened a while ago; look for what is still away.",
}
_GO_ON = {
    "acknowledged": "Nothing: somebody has taken it on.",
    "returned": "See that all is well, then acknowledge it or reset it.",
    "cleared": "Nothing: it is over.",
    "shelved": "Nothing: it was put aside.",
    "suppressed": "Nothing: it is as it should be while its reason lasts.",
    "out_of_service": "Nothing: it is out of service.",
    "assigned": "Nothing, unless it was assigned to you.",
    "commented": "Read the comment.",
    "chattering": "It comes and goes; look for what makes it do so. It is not told each time.",
    "test": "Nothing: somebody tried whether this channel works. It does.",
    "heartbeat": "Nothing. If this message fails to come, look at the gateway.",
}


def subject_line(told: Told, site: str) -> str:
    """One line: drill, severity, what became of it, whom it is about, where, and the rule."""
    drill = "[TEST] " if told.is_drill or told.type == "test" else ""
    if not told.of_alert:
        return f"{drill}Tagwarden {plain(site, 60)}: {plain(told.type)}"
    head = f"{drill}{plain(told.severity).upper()} {_state(told)}: {_whom(told, 60)}"
    return plain(_with_way(head, told) + f" ({plain(told.data.get('rule', ''), 60)})", _SUBJECT_MAX)


def short_text(told: Told, site: str, zone: tzinfo) -> str:
    """At most 160 characters: an SMS. What matters most comes first; the way is `->`."""
    drill = "[TEST] " if told.is_drill or told.type == "test" else ""
    if not told.of_alert:
        return plain(f"{drill}Tagwarden {plain(site, 60)}: {plain(told.type)}", SHORT_MAX)
    clock = _local(told.data.get("time") or told.timestamp, zone, "%H:%M:%S")
    head = f"{drill}{plain(told.severity).upper()} {_state(told)}: {_whom(told, 40)}"
    tail = f" {clock} ({plain(told.data.get('rule', ''), 30)}, {plain(site, 20)})"
    room = SHORT_MAX - len(tail)
    text = _with_way(head, told, 24).replace("→", "->").replace("…", "...")
    text = text if len(text) <= room else text[: room - 3].rstrip() + "..."
    return (text + tail.replace("…", "..."))[:SHORT_MAX]


def long_text(told: Told, site: str, zone: tzinfo) -> str:
    """A text of plain lines: what, who, where, when, what was seen, and what to do."""
    lines = list(_lines(told, plain(site), zone))
    return "\n".join(lines) + "\n"


def _lines(told: Told, site: str, zone: tzinfo) -> Iterator[str]:
    if told.is_drill:
        yield "THIS IS A DRILL. Nothing real has happened."
        yield ""
    yield from (f"{name:<{_COLUMN}}{text}" for name, text in _facts(told, site, zone) if text)
    if evidence := list(_evidence(told.data.get("evidence"), zone)):
        yield ""
        yield "Evidence"
        yield from (f"  {line}" for line in evidence)
    yield ""
    yield "What to do"
    yield f"  {_advice(told)}"
    yield ""
    yield f"Alert {plain(told.alert)}, message {told.id}"


def _facts(told: Told, site: str, zone: tzinfo) -> Iterator[tuple[str, str]]:
    data = told.data
    yield "What", _what(told)
    yield "Status", _status(told)
    yield "Where", _way(data, 80)
    yield "When", _local(data.get("time") or told.timestamp, zone, "%a %d %b %Y, %H:%M:%S %Z")
    if data.get("late"):
        yield "Late", "it became known only at " + _local(data.get("decided"), zone)
    yield "Asset", plain(data.get("asset") or "")
    yield "Tag", plain(data.get("tag") or "")
    yield "Detail", plain(data.get("detail") or "", 500)
    yield "Measured", _measured(data.get("excursion"))
    yield "By", _handled(data, zone)
    yield "Assigned", plain(data.get("assignee") or "")
    yield "Note", plain(data.get("why") or "", 500)
    yield "Which", ", ".join(plain(each, 60) for each in _listed(data))
    yield "Rule", plain(data.get("rule") or "")
    yield "Site", site


def _what(told: Told) -> str:
    if not told.of_alert:
        return f"{plain(told.type)} of this channel"
    if told.is_notice:
        return _whom(told, 80)
    kind = str(told.data.get("kind", ""))
    return f"{_whom(told, 80)} {_HAPPENED.get(kind, plain(kind))}"


def _status(told: Told) -> str:
    if not told.of_alert:
        return ""
    again = told.data.get("occurrences", 1)
    often = f", for the {again}th time" if isinstance(again, int) and again > 1 else ""
    state = str(told.data.get("state", "")).replace("_", " ")
    now = f", now {plain(state)}" if state else ""
    return f"{plain(told.severity).upper()} {_state(told)}{now}{often}"


def _state(told: Told) -> str:
    return plain(told.type.replace("_", " "), 30)


def _whom(told: Told, longest: int) -> str:
    """Whom it is about, for people: the asset, the tag, the reader, the zones."""
    data = told.data
    if told.is_notice:
        late = "late " if told.type == "digest" else ""
        return f"{data.get('count', 'many')} {late}alerts"
    for key, word in (("asset", ""), ("tag", "tag "), ("sensor", "sensor "), ("reader", "reader ")):
        if data.get(key):
            return f"{word}{plain(data[key], longest)}"
    zones = data.get("zones") or ([data["to"]] if data.get("to") else [])
    return plain(", ".join(plain(zone, 40) for zone in zones) or "the gateway", longest)


def _with_way(head: str, told: Told, longest: int = 40) -> str:
    data = told.data
    if not (data.get("asset") or data.get("tag")):
        return head
    way = [plain(data[end], longest) for end in ("from", "to") if data.get(end)]
    through = f" through {plain(data['portal'], longest)}" if data.get("portal") else ""
    return f"{head} {' → '.join(way)}".rstrip() + through


def _way(data: Mapping[str, Any], longest: int) -> str:
    ends = {"from": data.get("from"), "to": data.get("to"), "through": data.get("portal")}
    return ", ".join(f"{word} {plain(name, longest)}" for word, name in ends.items() if name)


def _handled(data: Mapping[str, Any], zone: tzinfo) -> str:
    for key, words in (("acknowledged", "acknowledged by"), ("shelved", "shelved by")):
        done = data.get(key)
        if isinstance(done, dict):
            said = plain(done.get("note") or done.get("reason") or "", 300)
            when = _local(done.get("at"), zone)
            return f"{words} {plain(done.get('by'))} at {when}" + (f": {said}" if said else "")
    return ""


def _measured(excursion: object) -> str:
    if not isinstance(excursion, dict):
        return ""
    unit = plain(excursion.get("unit") or "", 20)
    peak, limit = excursion.get("peak"), excursion.get("limit")
    return f"{plain(excursion.get('quantity'))} {peak} {unit}, limit {limit} {unit}".rstrip()


def _listed(data: Mapping[str, Any]) -> list[str]:
    """Whom a notice names."""
    subjects = data.get("subjects")
    if not isinstance(subjects, list):
        return []
    more = int(data.get("count") or len(subjects)) - _SUBJECTS_SHOWN
    shown = [str(each) for each in subjects[:_SUBJECTS_SHOWN]]
    return [*shown, f"{more} more"] if more > 0 else shown


def _evidence(evidence: object, zone: tzinfo) -> Iterator[str]:
    if not isinstance(evidence, dict):
        return
    reads = evidence.get("reads") or []
    for read in reads[:_READS_SHOWN]:
        rssi = read.get("rssi_dbm")
        loud = "" if rssi is None else f", {rssi:g} dBm"
        where = f"{plain(read.get('reader'))} antenna {read.get('antenna')}"
        yield f"{where}: {read.get('count')} reads{loud}, {_local(read.get('time'), zone)}"
    if len(reads) > _READS_SHOWN:
        yield f"and {len(reads) - _READS_SHOWN} more"
    for name, health in (evidence.get("readers") or {}).items():
        yield f"reader {plain(name)} is {plain(health)}"


def _advice(told: Told) -> str:
    if not told.calls and told.type in _GO_ON:
        return _GO_ON[told.type]
    kind = told.type if told.is_notice else str(told.data.get("kind", ""))
    if kind in _STEPS:
        first = _STEPS[kind]
    elif told.data.get("asset") or told.data.get("tag"):
        place = told.data.get("portal") or told.data.get("to")
        at = f"Go to {plain(place, 80)}" if place else "Go there"
        first = f"{at} and look for {_whom(told, 80)}."
    else:
        first = "See what is wrong with it."
    note = " with a note" if told.severity == "critical" else ""
    return f"{first} Then acknowledge the alert{note}, so that nobody else is called."


def _local(time: object, zone: tzinfo, form: str = "%H:%M:%S %Z") -> str:
    """An RFC 3339 time on the clock at the site's wall; what is none stays as it is."""
    try:
        return datetime.fromisoformat(str(time)).astimezone(zone).strftime(form)
    except (ValueError, OverflowError):
        return plain(time or "")
