"""The rules as cases know them: whether they hold, whom they tell, how their alerts are written."""

from collections.abc import Callable, Mapping
from hashlib import sha256

from alerts.alert import Alert, AlertChange, Cause, Notice
from alerts.authority import Authority
from alerts.drafts import Heading, draft_under
from alerts.forces import Forces, Timetable
from alerts.lifecycle import Draft
from alerts.settings import Manners, RuleSettings
from alerts.state import JudgeState, Key
from alerts.suppression import suppressor_of
from alerts.watch import Outfit, SystemWatch


class SiteRulebook:
    """The rules of the site file and the gateway's own (`system`, by name).

    `cause` is why things are looked at just now; `tell` takes what cases have to tell.
    """

    def __init__(
        self,
        state: JudgeState,
        forces: Forces,
        authority: Authority,
        tell: Callable[[AlertChange | Notice], None],
    ) -> None:
        self._state = state
        self._forces = forces
        self._authority = authority
        self._tell = tell
        self.system: dict[str, SystemWatch] = {}
        self.cause: Cause = "moved"
        self._outfit = Outfit()
        self._versions: dict[str, str] = {}

    def use(self, outfit: Outfit, timetables: Mapping[str, Timetable]) -> None:
        """Go by these rules from now on."""
        self._outfit = outfit
        self._versions = {
            name: rule_version(rule, timetables.get(name)) for name, rule in outfit.rules.items()
        }

    def tell(self, told: AlertChange | Notice) -> None:
        """Take a change or a notice."""
        self._tell(told)

    def manners(self, key: Key) -> Manners | None:
        """How the alerts of a case behave toward people; None where the rule is gone."""
        watch = self.system.get(key[0])
        if watch is not None:
            return watch.manners(key)
        rule = self._outfit.rules.get(key[0])
        return None if rule is None else rule.manners

    def holds(self, rule: str, time_ns: int) -> bool:
        """Whether a rule is in force, at that time or now."""
        return self._forces.holds(rule, time_ns)

    def suppressor(self, alert: Alert) -> str | None:
        """What makes an alert one that nobody needs to be told of; None if nothing does."""
        return suppressor_of(alert, self._state, self._outfit.plan, self._authority)

    def draft(self, key: Key) -> Draft:
        """What writes the alerts of a case."""
        name, subject = key
        watch, rule = self.system.get(name), self._outfit.rules.get(name)
        if watch is not None:
            heading = watch.heading(key)
        elif rule is not None:
            heading = self._heading(rule)
        else:
            heading = Heading(name, "", "", "warning", latched=False)
        write = draft_under(heading, subject, self._state, self._outfit.plan)
        manners = self.manners(key) or Manners()
        return Draft(write, self.cause, manners.chatter_per_hour)

    def _heading(self, rule: RuleSettings) -> Heading:
        return Heading(
            rule.name,
            self._versions[rule.name],
            rule.kind,
            rule.severity,
            latched=rule.latch,
            flap_window_s=rule.flap_window_s,
        )


def rule_version(rule: RuleSettings, timetable: Timetable | None = None) -> str:
    """What decisions name: it changes with every field of the rule, and with its hours."""
    hours = "" if timetable is None else timetable.version
    return sha256((rule.model_dump_json() + hours).encode()).hexdigest()[:12]
