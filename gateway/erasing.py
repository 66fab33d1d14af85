"""Assets and people are erased: from the state, from every table, file and copy of the gateway.

Between two groups of the collector, so that nothing is decided meanwhile: the state goes on under
a name made of chance, a checkpoint of that replaces the journal, which named it in every read, and
the database is made anew, so that nothing is left in its free pages. A crash leaves all of it, or
what the next start brings to its end.
"""

import asyncio
import logging
import secrets
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from api.desk import JournalFullError
from api.erasing import ErasureAsked
from gateway.collector import SOURCE, Collector
from gateway.followers import SightingsFollower
from gateway.journal import SqliteJournal
from gateway.pipeline import FORMAT, PipelineState
from gateway.site import Site
from history.audit import ERASURE, AuditEntry, append_audit
from history.erasure import (
    Erasure,
    Subject,
    delete_rows,
    erased_alerts,
    find_asset,
    find_person,
    finish_erasures,
    forget_accounts,
    forget_answers,
    ids_of,
    is_last_admin,
    is_unfinished,
    pseudonyms,
    rename_rows,
    store_erasure,
    taken_names,
)
from history.renames import Renames
from history.sqlite_sightings import SqliteSightings
from inventory.changes import Outcome, RemoveAsset

COPIES = ("*.damaged*", "*.before-*", "*.report*")
"""Files beside the databases that a salvage or a migration has left; they are not changed."""

log = logging.getLogger("tagwarden.privacy")


class GatewayErasing:
    """Fulfils `api.erasing.Erasing`; one at a time.

    `forget` clears what is kept in memory for those who ask, and still has the former names.
    """

    def __init__(  # noqa: PLR0913, PLR0917 -- everything that remembers
        self,
        folder: Path,
        collector: Collector,
        journal: SqliteJournal,
        sightings: SqliteSightings,
        follower: SightingsFollower,
        site: Callable[[], Site],
        clock: Callable[[], int],
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        self._forget_shown = forget
        self._folder = folder
        self._collector = collector
        self._journal = journal
        self._sightings = sightings
        self._follower = follower
        self._site = site
        self._clock = clock
        self._one = asyncio.Lock()

    async def erase(self, asked: ErasureAsked, by: str) -> Erasure | Outcome:
        """Erase; why not, if so."""
        async with self._one:
            try:
                return await self._erase(asked, by)
            except (sqlite3.OperationalError, OSError) as error:
                log.exception("an erasure was not brought to its end; ask for it again")
                raise JournalFullError(str(error)) from error

    async def _erase(self, asked: ErasureAsked, by: str) -> Erasure | Outcome:
        find = find_asset if asked.kind == "asset" else find_person
        subject = await self._collector.transact(lambda state: find(state, asked.name))
        if subject is None:
            return Outcome("unknown", f"nothing is kept of the {asked.kind} {asked.name!r}")
        if await self._collector.transact(lambda state: is_last_admin(state, subject)):
            return Outcome("conflict", "it is the only account that may do everything")
        site_names = names_in(self._site().settings.model_dump(mode="json"))
        taken = await self._collector.transact(lambda state: taken_names(state, subject))
        kept = taken | site_names | {SOURCE}
        if subject.id in kept:
            what = "the site file" if subject.id in site_names else "another asset"
            return Outcome(
                "conflict", f"{subject.id!r} is also a name in {what}: change that first"
            )
        if subject.registered:
            await self._collector.submit(
                RemoveAsset(arrival_ns=self._clock(), by=by, asset=subject.id)
            )
        mine = subject._replace(labels=tuple(one for one in subject.labels if one not in kept))
        return await self._collector.exclusively(partial(self._forget, mine, kept, asked, by))

    async def _forget(
        self, subject: Subject, kept: set[str], asked: ErasureAsked, by: str
    ) -> Erasure:
        """Between two groups: the files of days, then the state with its tables, then all gaps."""
        names = pseudonyms(subject)
        await self._follower.catch_up()
        if self._collector.station.uncommitted:
            raise sqlite3.OperationalError("the journal can not be written")
        tags = {tag: names[tag] for tag in subject.tags}
        days, unread = await asyncio.to_thread(
            partial(self._sightings.erase, tags, delete=asked.mode == "delete")
        )
        made = Erasure(
            id=f"er_{secrets.token_hex(8)}",
            kind=asked.kind,
            mode=asked.mode,
            pseudonym=names[subject.id],
            reason=asked.reason,
            by=by,
            asked_ns=self._clock(),
            rows={"day_files": days} if days else {},
            remains=(*_always_remains(self._site()), *unread, *self._copies()),
        )
        work = partial(self._rewrite, subject, names, frozenset(kept), made)
        stored, state = await self._collector.in_writer(work)
        self._collector.station.adopt(state)
        self._forget_shown()
        await self._collector.in_writer(self._finish)
        return msgspec.structs.replace(stored, finished_ns=self._clock())

    def _rewrite(
        self, subject: Subject, names: dict[str, str], kept: frozenset[str], made: Erasure
    ) -> tuple[Erasure, PipelineState]:
        """In one transaction; in the writer thread."""
        station = self._collector.station
        with self._journal.transaction() as state:
            ids = ids_of(state, subject)
            renames = Renames(names, ids, kept)
            blob, renamed = renamed_state(station.pipeline.state, renames)
            touched = rename_rows(state, renames, ids)
            forget_answers(state, renames)
            forget_accounts(state, subject)
            rows = delete_rows(state, renames, touched) if made.mode == "delete" else {}
            self._journal.begin_anew(state, station.position, FORMAT, blob)
            told = msgspec.structs.replace(made, rows={**made.rows, **rows})
            stored = store_erasure(state, told)
            append_audit(state, [_audited(stored, erased_alerts(ids))])
        return stored, renamed

    def _finish(self) -> None:
        finish(self._journal, self._clock())

    def _copies(self) -> list[str]:
        return sorted({path.name for pattern in COPIES for path in self._folder.glob(pattern)})


def finish(journal: SqliteJournal, now_ns: int) -> None:
    """Leave nothing of what was erased, also where a crash came between."""
    if is_unfinished(journal.connection):
        journal.compact()
        journal.transact(lambda state: finish_erasures(state, now_ns))


def renamed_state(state: PipelineState, renames: Renames) -> tuple[bytes, PipelineState]:
    """The state under the new names, encoded and as it is; the site file in it stays."""
    plain: dict[str, Any] = msgspec.msgpack.decode(msgspec.msgpack.encode(state))
    site = plain.pop("site")
    blob = msgspec.msgpack.encode({**renames.value(plain), "site": site})
    return blob, msgspec.msgpack.decode(blob, type=PipelineState)


def names_in(value: object) -> set[str]:
    """Every text in plain data, keys of maps included."""
    match value:
        case str():
            return {value}
        case dict():
            return {name for pair in value.items() for each in pair for name in names_in(each)}
        case list() | tuple():
            return {name for each in value for name in names_in(each)}
        case _:
            return set()


def _audited(made: Erasure, alerts: list[str]) -> AuditEntry:
    detail = {"erasure": made.id, "kind": made.kind, "rows": made.rows, "alerts": alerts}
    action = ERASURE + made.mode
    return AuditEntry(None, made.asked_ns, made.by, action, made.pseudonym, made.reason, detail)


def _always_remains(site: Site) -> list[str]:
    found = ["the audit log, until its own age", "backups that were made before"]
    if site.settings.history.store == "influxdb":
        found.append("InfluxDB, until its own age")
    return found
