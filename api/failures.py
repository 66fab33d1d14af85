"""Log-ins that failed, for the audit log: the first ones by name, the others as a sum.

Of each address and each account five lines are written in ten minutes, fifty in all. Of
what is left out it is said at once that there is more, and afterwards how much it was.
"""

from collections import Counter
from typing import Any

from api.problems import printable
from history.audit import GATEWAY, AuditEntry
from tags.times import SECOND_NS, format_time

WINDOW_NS = 600 * SECOND_NS
LINES_EACH = 5
LINES_IN_ALL = 50
SAMPLES = 5
ACCOUNT_CHARS_MAX = 64


class Failures:
    """Turns failed log-ins into lines; what it remembers is bounded by the lines it writes."""

    def __init__(self) -> None:
        self._begun_ns = 0
        self._lines: Counter[str] = Counter()
        self._untold = 0
        self._addresses: dict[str, None] = {}
        self._accounts: dict[str, None] = {}

    def note(
        self, account: str, address: str, now_ns: int, *, refused: bool = False
    ) -> list[AuditEntry]:
        """A log-in failed, or was `refused` because of too many. What to write now, if anything."""
        shown = shown_account(account)
        entries = self.sum_up(now_ns)
        if refused or self._is_enough(shown, address):
            if self._untold == 0:
                about = {"address": address, "note": "more follow; they are counted"}
                entries.append(_entry(now_ns, "session.failing", shown, about))
            self._keep_untold(shown, address)
            return entries
        self._lines.update((f"account {shown}", f"address {address}", "all"))
        entries.append(_entry(now_ns, "session.failed", shown, {"address": address}))
        return entries

    def sum_up(self, now_ns: int) -> list[AuditEntry]:
        """Once ten minutes are over, the line that says how many were left out, if any were."""
        if now_ns - self._begun_ns < WINDOW_NS:
            return []
        entries: list[AuditEntry] = []
        if self._untold:
            detail = {
                "count": self._untold,
                "since": format_time(self._begun_ns),
                "addresses": list(self._addresses),
                "accounts": list(self._accounts),
            }
            target = f"{self._untold} log-ins"
            entries.append(_entry(now_ns, "session.failed_more", target, detail))
        self._begun_ns, self._untold = now_ns, 0
        self._lines.clear()
        self._addresses.clear()
        self._accounts.clear()
        return entries

    def _is_enough(self, account: str, address: str) -> bool:
        lines = self._lines
        each = max(lines[f"account {account}"], lines[f"address {address}"])
        return each >= LINES_EACH or lines["all"] >= LINES_IN_ALL

    def _keep_untold(self, account: str, address: str) -> None:
        self._untold += 1
        for names, name in ((self._addresses, address), (self._accounts, account)):
            if len(names) < SAMPLES:
                names[name] = None


def shown_account(account: str) -> str:
    """What somebody sent as a login name, safe to show, in one case."""
    return printable(account[: ACCOUNT_CHARS_MAX + 1].casefold(), ACCOUNT_CHARS_MAX)


def _entry(now_ns: int, action: str, target: str, detail: dict[str, Any]) -> AuditEntry:
    return AuditEntry(None, now_ns, GATEWAY, action, target, "", detail)
