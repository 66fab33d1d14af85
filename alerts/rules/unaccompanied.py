"""Rule kind `unaccompanied`: the asset came into a zone, and no custodian is there.

What is broken counts only once nobody can come after it any more. Where not all is heard a
custodian may be there unheard, and nobody can tell; nor of an asset that is seen for the first
time, which may have been there for long.
"""

from typing import NamedTuple

from alerts.rules.verdict import Verdict


class Arrival(NamedTuple):
    """Where an asset is now, and how it came there."""

    is_inside: bool
    was_seen_before: bool
    has_company: bool
    is_heard: bool


def judge(arrival: Arrival) -> Verdict:
    """Whether an asset came into a zone alone; where it needs nobody all is well."""
    if not arrival.is_inside or arrival.has_company:
        return "kept"
    return "broken" if arrival.was_seen_before and arrival.is_heard else "undecided"
