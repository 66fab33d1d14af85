"""Who is told of a step in the life of an alert, and what is told of many alerts at once.

An alert that nobody was told of, since it was shelved, suppressed or late, is told as raised
once that is over and its cause still goes on. One that went on while it was put aside is told
as reopened or returned then. Of one that was told, the end is told as well, so that no
receiver is left with an open alert.
"""

from hashlib import sha256
from typing import Literal, NamedTuple

import msgspec

from alerts.alert import Alert, Notice, Severity, Transition
from alerts.lifecycle import Case
from alerts.settings import Manners
from tags.times import SECOND_NS

STORM_SPAN_NS = 60 * SECOND_NS
STORM_QUIET_NS = 5 * SECOND_NS
STORM_WAIT_NS = 30 * SECOND_NS
"""What a storm held back is told once nothing was added for 5 s, at the latest after 30 s."""

DIGEST_WAIT_NS = 900 * SECOND_NS
NAMED_MAX = 100
"""So many alerts and subjects are named in a notice; the count says how many there are."""

_RAISED: frozenset[Transition] = frozenset({"raised", "reopened"})
_SPOKEN_AGAIN: frozenset[Transition] = frozenset({"unshelved", "unsuppressed", "in_service"})
_FOLLOWED: frozenset[Transition] = frozenset({"acknowledged", "returned", "cleared"})
_GONE_ON: frozenset[Transition] = frozenset({"reopened", "returned"})


Kind = Literal["storm", "digest"]


class Told(NamedTuple):
    """Which channels are told of a step, and as what, where not as the step itself."""

    notify: tuple[str, ...] = ()
    announces: Transition | None = None


NOBODY = Told()


class Gathering(msgspec.Struct):
    """Alerts of a rule that are told together: the first of them by name, and how many.

    `recent_ns` are the newest times at which one was told by itself, `notify` who was to be
    told of the newest.
    """

    kind: Kind
    recent_ns: list[int] = []
    alerts: list[str] = []
    subjects: list[str] = []
    severity: Severity = "info"
    count: int = 0
    since_ns: int = 0
    newest_ns: int = 0
    test: bool = False
    notify: tuple[str, ...] = ()

    def due_ns(self) -> int | None:
        """When it is told; None while there is nothing to tell."""
        if not self.count:
            return None
        if self.kind == "digest":
            return self.since_ns + DIGEST_WAIT_NS
        return min(self.since_ns + STORM_WAIT_NS, self.newest_ns + STORM_QUIET_NS)

    def is_full(self, now_ns: int, limit: int) -> bool:
        """Whether so many were told within the last minute that one more would be too many."""
        self.recent_ns = [each for each in self.recent_ns if each > now_ns - STORM_SPAN_NS]
        if len(self.recent_ns) >= limit:
            return True
        self.recent_ns.append(now_ns)
        return False

    def add(self, alert: Alert, now_ns: int) -> None:
        """Hold one more; one that is held already is not another one."""
        if alert.id in self.alerts:
            return
        if not self.count:
            self.since_ns = now_ns
        self.count += 1
        self.newest_ns = now_ns
        self.severity = alert.severity
        self.test = self.test or alert.test
        if len(self.alerts) < NAMED_MAX:
            self.alerts.append(alert.id)
            self.subjects.append(alert.subject)

    def take(self, rule: str, now_ns: int) -> Notice:
        """What is to be told; nothing is held any more."""
        told = Notice(
            id=_notice_id(self.kind, rule, self.alerts[0], self.since_ns),
            kind=self.kind,
            rule=rule,
            severity=self.severity,
            count=self.count,
            alerts=tuple(self.alerts),
            subjects=tuple(self.subjects),
            since_ns=self.since_ns,
            at_ns=now_ns,
            notify=self.notify,
            test=self.test,
        )
        self.alerts, self.subjects, self.count, self.test = [], [], 0, False
        return told


Gatherings = dict[str, Gathering]
"""By kind and rule, with a colon between them."""


class Teller:
    """Decides whom to tell of each step; `gatherings` is what is to be told together."""

    def __init__(self, gatherings: Gatherings) -> None:
        self._gatherings = gatherings

    def tell(
        self, transition: Transition, alert: Alert, case: Case, manners: Manners, now_ns: int
    ) -> Told:
        """Who is told of a step; notes in the case how people know of its alert."""
        if transition in _SPOKEN_AGAIN:
            return self._tell_at_last(transition, alert, case, manners, now_ns)
        if alert.is_quiet and transition != "cleared":
            if case.told == "single" and (transition in _GONE_ON or _is_pardoned(alert)):
                case.told = "stale"
            return NOBODY
        if transition in _RAISED:
            quiet = alert.chattering
            return NOBODY if quiet else self._call(transition, alert, case, manners, now_ns)
        if transition == "chattering":
            _begin(case, alert, now_ns)
            return Told(manners.notify)
        return NOBODY if case.told in {"no", "group"} else _tell_on(transition, alert, manners)

    def _call(
        self, transition: Transition, alert: Alert, case: Case, manners: Manners, now_ns: int
    ) -> Told:
        """Tell of what goes on: by itself, or with others."""
        if alert.late and manners.late == "record":
            return NOBODY
        kind: Kind = "digest" if alert.late and manners.late == "digest" else "storm"
        gathering = self._gatherings.setdefault(f"{kind}:{alert.rule}", Gathering(kind))
        together = kind == "digest" or gathering.is_full(now_ns, manners.storm_per_minute)
        what: Transition = "raised" if case.told == "no" else "reopened"
        if together:
            gathering.add(alert, now_ns)
            gathering.notify = manners.notify
        if together and case.told in {"no", "group"}:
            case.told = "group"
            return NOBODY
        _begin(case, alert, now_ns)
        return NOBODY if together else Told(manners.notify, _unless(transition, what))

    def _tell_at_last(
        self, transition: Transition, alert: Alert, case: Case, manners: Manners, now_ns: int
    ) -> Told:
        """Nothing stands between the alert and people any more."""
        if alert.is_quiet or case.told == "group":
            return NOBODY
        if case.told == "single":
            _go_on_escalating(case, alert, manners, now_ns)
            return NOBODY
        if alert.condition == "active":
            answered = transition == "unshelved" and alert.acknowledged is not None
            return NOBODY if answered else self._call(transition, alert, case, manners, now_ns)
        if case.told == "no":
            return NOBODY
        case.told = "single"
        return Told(manners.notify, "returned")


def _is_pardoned(alert: Alert) -> bool:
    """Whether it was allowed afterwards; it is news again once it is not allowed any more."""
    return (alert.suppressed_by or "").startswith("checkout:")


def _unless(transition: Transition, what: Transition) -> Transition | None:
    return None if what == transition else what


def _tell_on(transition: Transition, alert: Alert, manners: Manners) -> Told:
    """Who is told how it goes on with an alert that they know of."""
    if transition == "escalated":
        return Told(manners.escalate[alert.escalations - 1].notify or manners.notify)
    if transition not in _FOLLOWED or (transition == "returned" and alert.chattering):
        return NOBODY
    return Told(manners.notify)


def _begin(case: Case, alert: Alert, now_ns: int) -> None:
    """People are told of the alert by itself; if nobody answers, that counts from now."""
    case.told = "single"
    fresh = alert.decided_ns > now_ns - STORM_QUIET_NS
    case.escalate_from_ns = alert.decided_ns if fresh else now_ns


def _go_on_escalating(case: Case, alert: Alert, manners: Manners, now_ns: int) -> None:
    """Who would have been called meanwhile is called now, and the next ones as long after."""
    if alert.escalations < len(manners.escalate):
        after_ns = round(manners.escalate[alert.escalations].after_s * SECOND_NS)
        case.escalate_from_ns = max(case.escalate_from_ns, now_ns - after_ns)


def escalation_ns(case: Case, manners: Manners) -> int | None:
    """When the next step is due; None where nothing escalates."""
    alert = case.alert
    if alert is None or alert.acknowledged is not None or alert.is_quiet or case.told != "single":
        return None
    if alert.escalations >= len(manners.escalate):
        return None
    step = manners.escalate[alert.escalations]
    return case.escalate_from_ns + round(step.after_s * SECOND_NS)


def _notice_id(kind: str, rule: str, first: str, since_ns: int) -> str:
    text = msgspec.json.encode([kind, rule, first, since_ns])
    return sha256(text).hexdigest()[:32]
