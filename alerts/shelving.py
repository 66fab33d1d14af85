"""Putting all alerts of a rule aside for a while, of one subject or of every one."""

from alerts.alert import Shelf
from alerts.cases import Cases
from alerts.changes import ShelveRule
from alerts.handling import refusal_to_shelve
from inventory.changes import DONE, Outcome

SHELVES_MAX = 10_000

Shelves = dict[str, Shelf]
"""By rule and subject with a line break between them; all of a rule without a subject."""


def shelve_rule(change: ShelveRule, shelves: Shelves, cases: Cases) -> Outcome:
    """Put aside what is open and what will be raised, or take it up again."""
    for name in [name for name, each in shelves.items() if each.until_ns <= change.arrival_ns]:
        del shelves[name]
    name = f"{change.rule}\n{change.subject}"
    concerned = [
        key
        for key, _ in cases.open_alerts()
        if key[0] == change.rule and change.subject in {"", key[1]}
    ]
    if change.until_ns <= change.arrival_ns:
        former = shelves.pop(name, None)
        if former is None:
            return Outcome("conflict", "it is not shelved")
        for key in concerned:
            cases.unshelve(key, former, change.by)
        return DONE
    refused = refusal_to_shelve(change.reason, change.until_ns, change.arrival_ns)
    if refused is None and len(shelves) >= SHELVES_MAX and name not in shelves:
        refused = Outcome("conflict", f"{SHELVES_MAX} are shelved, as many as there may be")
    if refused is not None:
        return refused
    shelf = Shelf(change.by, change.arrival_ns, change.until_ns, change.reason)
    shelves[name] = shelf
    for key in concerned:
        cases.shelve(key, shelf)
    return DONE
