"""Edits of the site file by whoever may: checked, written, in force, numbered, and undone.

One edit is made at a time. What stands in the file is read anew for each; a file that was
changed by hand is taken over first. An edit that is not valid as a whole changes nothing.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from api.desk import JournalFullError
from api.site_edits import (
    EditTerms,
    Entries,
    EntryEdit,
    Part,
    PartEdit,
    Picture,
    Restored,
    SiteEdit,
    SiteEdited,
    SiteProblem,
    SiteRefusedError,
    SiteState,
    SiteVersion,
    WholePatch,
    WholeText,
)
from gateway.collector import Collector
from gateway.command_files import CommandError
from gateway.site import Site, parse_site
from gateway.site_amending import entries_of, place_of
from gateway.site_file import SiteFile, SiteFileChangedError, is_writable, replace_site_file
from gateway.site_planning import Plan, plan_of, site_after
from gateway.site_plans import PlanFolder
from gateway.site_problems import SiteError
from gateway.site_reading import (
    Standing,
    data_of,
    judged,
    problems_of,
    read_standing,
    shown_text,
    shown_version,
    version_of_entry,
)
from gateway.site_secrets import masked
from gateway.site_values import Value
from gateway.site_versions import (
    KeptVersion,
    listed_versions,
    newest_number,
    version_at,
    version_before,
    version_under,
)
from gateway.zone_drawings import drawn_zones
from history.paging import Page, PageRequest
from history.questions import StateQuestions
from inventory.changes import Outcome

BY_FILE = "site file"
"""Who edits where somebody edits the file itself."""

_UNNAMED = Path("site.yaml")
_NO_FILE = "The gateway was started without a site file, so there is nothing to edit."
_BROKEN = (
    "What stands in the site file is not valid, so it is not in force; correct it there, or "
    "replace it as a whole (PUT /api/v1/site). GET /api/v1/site says what is wrong."
)

T = TypeVar("T")
log = logging.getLogger("tagwarden")


class Told(NamedTuple):
    """What is told of a change of the site file: who, why, and what was edited."""

    by: str = BY_FILE
    why: str = ""
    what: str = ""


PutInForce = Callable[[Site, Told], Awaitable["asyncio.Future[Outcome]"]]
"""Let the gateway work by this site; what is returned is done once that is committed."""


class SiteDesk:
    """Fulfils `api.site_edits.SiteEdits` for a running gateway."""

    def __init__(  # noqa: PLR0913, PLR0917 -- it joins what an edit needs
        self,
        path: Path | None,
        site: Callable[[], Site],
        collector: Collector,
        questions: StateQuestions,
        put_in_force: PutInForce,
        plans: PlanFolder,
    ) -> None:
        self._path = None if path is None else path.resolve()
        self._site = site
        self._collector = collector
        self._questions = questions
        self._put_in_force = put_in_force
        self._plans = plans
        self._lock = asyncio.Lock()
        self._is_open = False
        self._parsed: tuple[str, dict[str, Value]] = ("", {})
        self._entries: dict[Part, Entries] = {}
        self._drawn: tuple[str, list[dict[str, Any]]] = ("", [])

    def open(self) -> None:
        """Take edits from now on."""
        self._is_open = True

    async def close(self) -> None:
        """Take no edits any more; returns once the last one is taken over."""
        async with self._lock:
            self._is_open = False

    async def reread(self) -> None:
        """Take the file over if it was changed; keep to the old one if the new one is wrong."""
        async with self._lock:
            if self._path is None or not self._is_open:
                return
            try:
                standing = await asyncio.to_thread(read_standing, self._path)
            except SiteRefusedError as error:
                log.warning("site file not taken over: %s", error)
                return
            await self._take_over(standing)

    async def _take_over(self, standing: Standing) -> None:
        if standing.version == self._site().version:
            return
        found = await asyncio.to_thread(judged, standing.text, standing.path)
        if isinstance(found, Site):
            await self._put_in_force(found, Told())
            return
        for problem in found:
            log.warning("site file not taken over: %s", problem)

    async def state(self) -> SiteState:
        """How the file stands."""
        site, number = self._site(), await self._ask(newest_number)
        if self._path is None:
            standing, name, read_only = _in_force(site), None, True
        else:
            standing, name = await asyncio.to_thread(read_standing, self._path), self._path.name
            read_only = not await asyncio.to_thread(is_writable, self._path)
        problems = await asyncio.to_thread(problems_of, standing, site)
        text = await asyncio.to_thread(shown_text, standing.text)
        return SiteState(name, site.version, number, standing.version, read_only, problems, text)

    async def entries(self, part: Part) -> Entries:
        """The entries of a list as they are in force; they are told once for each version."""
        data = await self._data()
        if part not in self._entries:
            self._entries[part] = _told_entries(entries_of(data, part))
        return self._entries[part]

    async def _data(self) -> dict[str, Value]:
        """The file in force as plain data, read once for each version."""
        site = self._site()
        version, data = self._parsed
        if version != site.version:
            data = await asyncio.to_thread(data_of, site.text)
            self._parsed, self._entries = (site.version, data), {}
        return data

    async def check(self, edit: SiteEdit) -> tuple[SiteProblem, ...]:
        """Say what would be wrong, or to live with, after an edit."""
        try:
            plan = await self._planned(await self._filled(edit), EditTerms("", dry_run=True))
        except SiteRefusedError as error:
            if error.refused != "invalid":
                raise
            return error.problems or (SiteProblem(1, "file", error.detail, "error"),)
        return plan.warnings

    async def imagined(self, edits: Sequence[SiteEdit]) -> Site:
        """The site after several edits that nobody makes. Raises SiteRefusedError."""
        standing = _in_force(self._site())
        return await asyncio.to_thread(site_after, standing, edits)

    async def edit(self, edit: SiteEdit, terms: EditTerms) -> SiteEdited:
        """Make an edit; returns once it is in force. Raises SiteRefusedError, JournalFullError."""
        filled, told = await self._filled(edit), Told(terms.by, terms.why, _what(edit))
        if terms.dry_run:
            return _told(await self._planned(filled, terms), await self._ask(newest_number))
        async with self._lock:
            self._require_room()
            plan = await self._planned(filled, terms)
            committed = await self._carried_out(plan, told)
        if committed is not None:
            await committed
        return _told(plan, await self._ask(newest_number))

    async def _filled(self, edit: SiteEdit) -> SiteEdit:
        """The edit with the text of the version that it brings back."""
        if not isinstance(edit, Restored):
            return edit
        kept = await self._ask(lambda reader: version_under(reader, edit.number))
        if kept is None:
            raise SiteRefusedError("unknown", f"There is no version {edit.number}.")
        return WholeText(kept.text, kept=True)

    def _require_room(self) -> None:
        """Raises where nothing can be edited now: SiteRefusedError, JournalFullError."""
        if not self._is_open:
            raise JournalFullError("the gateway is starting or stopping")
        if self._collector.station.full or self._collector.degraded:
            raise JournalFullError(self._collector.station.fault)
        if self._path is None:
            raise SiteRefusedError("conflict", _NO_FILE)

    async def _planned(self, edit: SiteEdit, terms: EditTerms) -> Plan:
        """What an edit would do to the file as it stands now."""
        standing = _in_force(self._site())
        if self._path is not None:
            standing = await asyncio.to_thread(read_standing, self._path)
            if not terms.dry_run:
                await self._take_over(standing)
        if standing.version != self._site().version and not isinstance(edit, WholeText):
            raise SiteRefusedError("conflict", _BROKEN)
        return await asyncio.to_thread(plan_of, standing, edit, terms)

    async def _carried_out(self, plan: Plan, told: Told) -> "asyncio.Future[Outcome] | None":
        """Write the file and let it be in force; None where it says what is in force already."""
        if plan.site.text != plan.standing.text:
            await asyncio.to_thread(_write, plan)
        if plan.site.version == self._site().version:
            return None
        return await self._put_in_force(plan.site, told)

    async def versions(self, request: PageRequest) -> Page:
        """List the versions: number, version, at, by, why."""
        return await self._ask(lambda reader: listed_versions(reader, request))

    async def version(self, number: int) -> SiteVersion | None:
        """One version, and what it changed of the one before; None where there is none."""

        def both(reader: sqlite3.Connection) -> tuple[KeptVersion | None, KeptVersion | None]:
            return version_under(reader, number), version_before(reader, number)

        kept, before = await self._ask(both)
        return None if kept is None else await asyncio.to_thread(shown_version, kept, before)

    async def zones_at(self, at_ns: int) -> list[dict[str, Any]]:
        """The zones that were in force at a time; those of a version are drawn once in a row.

        Raises SiteRefusedError for a version that this gateway can not read any more.
        """
        found = await self._ask(lambda reader: version_at(reader, at_ns))
        version, text = found or (self._site().version, self._site().text)
        if version != self._drawn[0]:
            try:
                drawn = await asyncio.to_thread(lambda: drawn_zones(parse_site(text, env=None)))
            except SiteError as error:
                detail = f"The site file of then can not be read any more: {error.problems[0]}"
                raise SiteRefusedError("conflict", detail) from error
            self._drawn = (version, drawn)
        return self._drawn[1]

    async def plan(self, floor: str) -> Picture | None:
        """The plan of a floor. Raises SiteRefusedError where there is one that can not be shown."""
        floors = entries_of(await self._data(), "floors")
        place = place_of(floors, floor)
        entry = None if place is None else floors[place]
        named = entry.get("plan") if isinstance(entry, dict) else None
        if not isinstance(named, str):
            return None
        folder = None if self._path is None else self._path.parent
        return await asyncio.to_thread(self._plans.picture, named, folder)

    async def keep_plan(self, floor: str, png: bytes, terms: EditTerms) -> SiteEdited:
        """Keep a picture as the plan of a floor. Raises as `edit` does."""
        if not terms.dry_run:
            self._require_room()
            await asyncio.to_thread(self._plans.keep, png)
        named = {"plan": self._plans.name_of(png)}
        return await self.edit(EntryEdit("floors", floor, named, merge=True), terms)

    async def _ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.to_thread(self._questions.answer, question)


def _told_entries(listed: list[Value]) -> Entries:
    named = {str(each["name"]): each for each in listed if isinstance(each, dict)}
    settings = {name: masked(each) for name, each in named.items()}
    versions = {name: version_of_entry(each) for name, each in named.items()}
    return Entries(settings, versions, version_of_entry(listed))


def _in_force(site: Site) -> Standing:
    return Standing(_UNNAMED, site.text.encode(), site.text, site.version)


def _what(edit: SiteEdit) -> str:
    """What the audit log says that was edited."""
    match edit:
        case EntryEdit(part=part, name=name, value=value):
            return f"{part}/{name or (value or {}).get('name', '')}"
        case PartEdit(part=part):
            return part
        case Restored(number=number):
            return f"site/versions/{number}"
        case WholePatch() | WholeText():
            return "site"


def _write(plan: Plan) -> None:
    """Put the new text into the file. Raises SiteRefusedError."""
    standing, site = plan.standing, plan.site
    if not is_writable(standing.path):
        raise SiteRefusedError("conflict", f"The site file {standing.path.name} is read-only.")
    try:
        replace_site_file(SiteFile(standing.path, standing.raw, site), site.text)
    except SiteFileChangedError as error:
        raise SiteRefusedError("changed", "The site file was changed meanwhile.") from error
    except CommandError as error:
        name = standing.path.name
        reason = str(error).rpartition(": ")[2]
        raise SiteRefusedError("conflict", f"{name} can not be written: {reason}.") from error


def _told(plan: Plan, number: int) -> SiteEdited:
    return SiteEdited(
        plan.site.version,
        number,
        plan.created,
        plan.name,
        plan.entry,
        plan.etag,
        plan.changes,
        plan.warnings,
    )
