"""Excursions: how far a value went beyond its limit, and from when until when."""

from msgspec.structs import replace

from alerts.alert import Excursion
from alerts.facts import Excess
from alerts.lifecycle import Case
from alerts.rules.verdict import Verdict


def follow(case: Case, verdict: Verdict, fact: Excess) -> Excursion | None:
    """The newest excursion of a case after a verdict.

    One runs while its alert is active, or about to be raised. What goes beyond the limit again
    meanwhile is the same one, and so is what goes beyond the other limit: the peak is what was
    furthest beyond its own.
    """
    alert = case.alert
    is_active = alert is not None and alert.condition == "active"
    is_pending = case.pending is not None and case.pending.what == "raise"
    known = case.excursion or (alert.excursion if alert is not None else None)
    if verdict == "undecided":
        return known
    if verdict == "kept":
        runs = known is not None and known.ended_ns is None
        return replace(known, ended_ns=fact.time_ns) if known is not None and runs else known
    if known is None or not (is_active or is_pending):
        return _begun(fact)
    if abs(fact.value - fact.limit) <= abs(known.peak - known.limit):
        return replace(known, ended_ns=None)
    return replace(known, limit=fact.limit, peak=fact.value, peak_ns=fact.time_ns, ended_ns=None)


def words_of(excursion: Excursion) -> str:
    """Such as `8.4 °C, more than 8`."""
    peak, limit = f"{excursion.peak:.6g}", f"{excursion.limit:.6g}"
    less = "fewer" if not excursion.unit else "less"
    comparison = "more" if excursion.peak > excursion.limit else less
    return f"{peak} {excursion.unit or excursion.quantity}, {comparison} than {limit}"


def _begun(fact: Excess) -> Excursion:
    return Excursion(
        quantity=fact.quantity,
        unit=fact.unit,
        limit=fact.limit,
        started_ns=fact.time_ns,
        peak=fact.value,
        peak_ns=fact.time_ns,
    )
