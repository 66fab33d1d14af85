"""The system alert `offline`: a reader that nobody can talk to.

A link with many devices behind it is one alert: a device that can not be heard since its link
is down says nothing of its own. Of scanners and trackers silence is nothing either. Where an
open alert tells of the zones that nobody hears since then, there is none of the reader as
well, and one that is open already is suppressed by it.
"""

from alerts.alert import subject_of_reader
from alerts.cases import Cases
from alerts.drafts import Heading
from alerts.facts import ReaderFault
from alerts.lifecycle import reconsider_after
from alerts.rules.verdict import Verdict
from alerts.settings import SYSTEM_PREFIX, Patience
from alerts.state import JudgeState, Key
from alerts.suppression import outage_of
from alerts.watch import SystemWatch
from readers.health import ReaderHealth
from readers.maintenance import WHOLE_READER
from tags.times import SECOND_NS

OFFLINE = SYSTEM_PREFIX + "offline"
_READER_PREFIX = subject_of_reader("")
_GONE = {"offline", "silent", "misconfigured"}


class OfflineWatch(SystemWatch):
    """Says of each reader of the site file whether it answers."""

    name, kind = OFFLINE, "offline"

    def __init__(self, state: JudgeState) -> None:
        super().__init__()
        self._state = state

    def note_health(self, health: ReaderHealth, cases: Cases) -> None:
        """Look at a reader whose health changed, and at what is behind it."""
        if not self._state.listening:
            return
        for name in self._plan.hearers_of(health.reader):
            self._look_at(name, cases, lasted=False)

    def note_outage(self, cases: Cases) -> None:
        """Look at all that do not answer, since an alert about zones was raised or cleared."""
        for name, health in sorted(self._state.readers.items()):
            if health.state in _GONE:
                self._look_at(name, cases, lasted=True)

    def _look_at(self, name: str, cases: Cases, *, lasted: bool) -> None:
        """`lasted`: what was left to an alert about zones has been so all the while."""
        known = self._state.readers.get(name)
        if known is not None:
            lasted_ns = self._state.now_ns - known.since_ns if lasted else 0
            self._judge(known, cases, lasted_ns)

    def concerns(self, key: Key, tag: str) -> bool:
        """Whether there still is such a reader."""
        del tag
        return bool(self._plan.hearers_of(key[1].removeprefix(_READER_PREFIX)))

    def heading(self, key: Key) -> Heading:
        """A reader that is back clears it when it has stayed for as long."""
        return super().heading(key)._replace(clears_after_s=self._settings.offline_after_s)

    def _judge(self, health: ReaderHealth, cases: Cases, lasted_ns: int) -> None:
        key = OFFLINE, subject_of_reader(health.reader)
        verdict = self._verdict(health)
        if verdict == "broken" and not cases.is_active(key):
            told = outage_of(health.reader, self._state, self._plan) is not None
            verdict = "kept" if told else "broken"
        if verdict == "undecided":
            verdict = "broken" if cases.is_active(key) else "kept"
        detail = health.reason or f"is {health.state}"
        fact = ReaderFault(health.reader, self._state.now_ns, detail)
        respond = reconsider_after(lasted_ns / SECOND_NS)
        cases.take(key, Patience(self._settings.offline_after_s), verdict, fact, respond)

    def _verdict(self, health: ReaderHealth) -> Verdict:
        if health.is_maintained(WHOLE_READER) or health.state in {"online", "disabled"}:
            return "kept"
        if self._plan.is_cut_off(health.reader, self._state.readers):
            return "undecided"
        if health.state == "silent" and not self._plan.is_steady(health.reader):
            return "kept"
        return "broken" if health.state in _GONE else "undecided"
