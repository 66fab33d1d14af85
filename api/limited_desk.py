"""The desk as somebody meets it who may see a part of the site only.

What it tells is narrowed to that part, what it takes must lie within; what is not named here
is refused. So a route that forgets to ask who may see what lets nothing out.
"""

import sqlite3
from typing import Any, NamedTuple, cast

import msgspec

from alerts.changes import (
    AlertVerb,
    EndDrill,
    EndMaintenance,
    ShelveRule,
    StartDrill,
    StartMaintenance,
)
from api.asking import Ask
from api.desk import Change, Desk, UnknownReaderError
from api.problems import FieldError, ProblemError, not_found
from history.custody_questions import checkout_in
from history.questions import StateQuestions
from history.scope import Sight
from inventory.changes import CheckIn, CheckOut, Outcome, RemoveAsset, RevokeCheckOut, StoreAssets
from readers.maintenance import Target
from readers.push import ReadPush, Receipt

PASSED = frozenset(
    {
        "clock",
        "dispatch",
        "plan",
        "frame",
        "maps",
        "group_of",
        "rules",
        "transact",
        "recall",
        "remember",
        "note_denial",
        "note_export",
        "shelve_max_s",
        "site_edits",
        "listeners",
        "last_heard_ns",
        "fix_of",
        "zone_is_healthy",
        "flaps_of",
        "unknown_since_ns",
        "readiness",
        "committed",
    }
)
"""What anybody may ask of a desk, since it is about nothing, or about what they see already."""

_FOREIGN_ASSETS = """
SELECT id FROM assets WHERE id IN (SELECT value FROM json_each(:ids))
AND grouping NOT IN (SELECT value FROM json_each(:groups)) ORDER BY id LIMIT 1
"""
_FOREIGN_TAGS = """
SELECT tag FROM bindings JOIN assets ON assets.id = bindings.asset
WHERE tag IN (SELECT value FROM json_each(:tags)) AND unbound_ns IS NULL
AND grouping NOT IN (SELECT value FROM json_each(:groups)) ORDER BY tag LIMIT 1
"""


class _Foreign(NamedTuple):
    """An asset and a tag that belong to others; None where all are their own."""

    asset: str | None
    tag: str | None


class LimitedDesk:
    """Fulfils `api.desk.Desk` for one sight; `questions` are narrowed to it already."""

    def __init__(self, desk: Desk, sight: Sight, questions: StateQuestions, ask: Ask) -> None:
        self._desk = desk
        self._sight = sight
        self._questions = questions
        self._ask = ask

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- any member of the desk
        """Pass on what is harmless. Raises ProblemError (403) for the rest."""
        if name in PASSED:
            return getattr(self._desk, name)
        raise _beyond()

    def zones(self) -> list[dict[str, Any]]:
        """The zones in sight; one that lies in a zone out of sight has no parent."""
        sees = self._sight.sees_zone
        return [
            zone if zone["parent"] is None or sees(zone["parent"]) else {**zone, "parent": None}
            for zone in self._desk.zones()
            if sees(zone["name"])
        ]

    def readers(self) -> list[dict[str, Any]]:
        """The readers in sight, with the read points in zones in sight."""
        return [
            self._narrowed(each)
            for each in self._desk.readers()
            if self._sight.sees_reader(each["name"])
        ]

    def _narrowed(self, reader: dict[str, Any]) -> dict[str, Any]:
        sees = self._sight.sees_zone
        zone = reader["zone"] if sees(reader["zone"]) else None
        return reader | {"zone": zone, "points": [p for p in reader["points"] if sees(p["zone"])]}

    def sensors(self) -> list[dict[str, Any]]:
        """The newest values of the sensors in sight."""
        return [each for each in self._desk.sensors() if self._sight.sees_sensor(each["sensor"])]

    def owner_of(self, tag: str) -> str | None:
        """The asset that carries a tag; None for one of a group that is not seen."""
        owner = self._desk.owner_of(tag)
        if owner is None or not self._sight.sees_group(self._desk.group_of(owner)):
            return None
        return owner

    def maintenance(self) -> list[dict[str, Any]]:
        """What is in maintenance of what is all theirs."""
        return [
            each for each in self._desk.maintenance() if self._owns(each["kind"], each["target"])
        ]

    async def submit(self, change: Change) -> Outcome:
        """Commit a change of what is in sight. Raises ProblemError too: 403, 404 or 409."""
        refused = await self._refusal(change)
        return refused or await self._desk.submit(change)

    async def check(self, change: Change) -> Outcome:
        """Say what `submit` would answer now."""
        refused = await self._refusal(change)
        return refused or await self._desk.check(change)

    async def ingest(self, reader: str, read: ReadPush) -> Receipt:
        """Let a reader read a push that hears in the zones in sight and nowhere else."""
        if not self._sight.owns_reader(reader):
            raise UnknownReaderError(reader)
        return await self._desk.ingest(reader, read)

    async def switch_output(
        self, reader: str, port: int, on_for_s: float | None, by: str
    ) -> Outcome:
        """Switch an output of a reader that hears in the zones in sight and nowhere else."""
        self._require_reader(reader)
        return await self._desk.switch_output(reader, port, on_for_s, by)

    async def restart_reader(self, reader: str, by: str) -> Outcome:
        """Restart a reader that hears in the zones in sight and nowhere else."""
        self._require_reader(reader)
        return await self._desk.restart_reader(reader, by)

    async def _refusal(self, change: Change) -> Outcome | None:
        """Why a change is not theirs to make; None if it is. Raises ProblemError."""
        match change:
            case StoreAssets() | RemoveAsset():
                return await self._refusal_of_assets(change)
            case CheckOut() | CheckIn() | RevokeCheckOut():
                return await self._refusal_of_custody(change)
            case StartMaintenance() | EndMaintenance():
                self._require_target(change.target)
            case ShelveRule() | StartDrill() | EndDrill():
                raise _beyond()
            case _:
                return await self._refusal_of_alerts(change)
        return None

    async def _refusal_of_alerts(self, change: AlertVerb) -> Outcome | None:
        if await self._ask(lambda: self._questions.alert(change.alert)) is None:
            return Outcome("unknown", f"there is no alert {change.alert!r}")
        return None

    async def _refusal_of_assets(self, change: StoreAssets | RemoveAsset) -> Outcome | None:
        """Assets are edited by groups: where something is, is nothing that one could edit."""
        if self._sight.zones is not None:
            raise ProblemError(403, "Who is limited to zones may not edit assets.")
        if isinstance(change, RemoveAsset):
            known = await self._ask(lambda: self._questions.asset(change.asset))
            return Outcome("unknown", f"there is no asset {change.asset!r}") if not known else None
        wrong = [
            FieldError("group", "is none of those that you may see", row)
            for row, asset in enumerate(change.assets, start=1)
            if not self._sight.sees_group(asset.group)
        ]
        if wrong:
            raise ProblemError(403, "You may edit assets of your own groups only.", wrong)
        foreign = await self._ask(lambda: self._foreign(change))
        if foreign.asset is not None:
            raise not_found("asset", foreign.asset)
        if foreign.tag is not None:
            return Outcome("conflict", f"tag {foreign.tag} is on another asset", "tags")
        return None

    def _foreign(self, change: StoreAssets) -> _Foreign:
        """Of assets and tags of a change the first that belong to groups out of sight."""
        names = {
            "groups": sorted(self._sight.groups or ()),
            "ids": [asset.id for asset in change.assets],
            "tags": [tag for asset in change.assets for tag in asset.tags],
        }
        values = {name: msgspec.json.encode(value).decode() for name, value in names.items()}

        def question(reader: sqlite3.Connection) -> _Foreign:
            asset = reader.execute(_FOREIGN_ASSETS, values).fetchone()
            tag = reader.execute(_FOREIGN_TAGS, values).fetchone()
            return _Foreign(asset and asset[0], tag and tag[0])

        return self._questions.answer(question)

    async def _refusal_of_custody(
        self, change: CheckOut | CheckIn | RevokeCheckOut
    ) -> Outcome | None:
        questions, sight = self._questions, self._sight
        if not isinstance(change, CheckOut):
            found = await self._ask(
                lambda: questions.answer(lambda reader: checkout_in(reader, change.id, sight))
            )
            return None if found else Outcome("unknown", f"there is no check-out {change.id!r}")
        if change.category or (change.group and sight.zones is not None):
            raise ProblemError(403, "You may check out what you see, and no more than that.")
        if change.group and not sight.sees_group(change.group):
            return Outcome("invalid", f"there is no group {change.group!r}", "group")
        if change.asset and await self._ask(lambda: questions.asset(change.asset)) is None:
            return Outcome("invalid", f"there is no asset {change.asset!r}", "asset")
        return None

    def _require_target(self, target: Target) -> None:
        if target.kind == "portal":
            if not self._sight.owns_portal(target.name, self._desk.plan):
                raise not_found("portal", target.name)
        else:
            self._require_reader(target.name)

    def _require_reader(self, reader: str) -> None:
        if not self._sight.sees_reader(reader):
            raise not_found("reader", reader)
        if not self._sight.owns_reader(reader):
            raise ProblemError(403, "This reader hears in zones too that you may not see.")

    def _owns(self, kind: str, target: str) -> bool:
        """Whether a target of maintenance, as people write it, is all theirs."""
        if kind == "portal":
            return self._sight.owns_portal(target, self._desk.plan)
        return self._sight.owns_reader(target.rpartition("/")[0] if kind == "antenna" else target)


def limited(desk: Desk, sight: Sight, questions: StateQuestions, ask: Ask) -> Desk:
    """The desk for a sight; `questions` are narrowed to it."""
    if sight.is_everything:
        return desk
    return cast("Desk", LimitedDesk(desk, sight, questions, ask))


def _beyond() -> ProblemError:
    return ProblemError(403, "This is about all of the site, of which you may see a part.")
