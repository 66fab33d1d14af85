"""The station: pipeline and journal together. What it has decided is committed, or still waits.

It is used by one thread. If a commit fails, the groups stay in order in memory
and are tried again with the next ones; up to a limit the pipeline goes on.
"""

import logging
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

import msgspec

from gateway.entries import Entry, GatewayStarted, ReadGroup, SiteChanged, Tick
from gateway.journal import Group, SqliteJournal
from gateway.limits import LimitsSettings
from gateway.pipeline import FORMAT, Pipeline, PipelineState, ReadBlueprint
from gateway.rebuilding import newest_site, state_from_tables
from gateway.site import Site
from history.ages import ages_at
from history.expiry import Keep
from history.lost_alerts import lost_alerts, put_back
from history.outputs import Numbered
from history.questions import open_alerts
from history.settings import HistorySettings
from history.state import open_state
from history.subscribers import Subscribers
from inventory.assets import Asset
from inventory.changes import Outcome
from tags.times import SECOND_NS

HOUR_NS = 3600 * SECOND_NS
MEGABYTE = 1 << 20
ANSWERS_NS = 24 * HOUR_NS
EVENTS_MAX = 1_000_000
CHECKPOINT_READS = 200_000
"""So many reads behind the newest checkpoint, a new one is due: a restart replays in a second."""
OUTPUT_READS = 8
"""To decide one output takes as long as to fold so many reads that decide nothing."""
KEEP_ALL = HistorySettings(
    keep_days=36_500,
    movements_keep_days=36_500,
    alerts_keep_days=36_500,
    audit_keep_days=36_500,
    journal_keep_hours=8760,
    journal_mb_max=1_000_000,
)
"""Who does not know the site file lets nothing go that it may want kept."""

log = logging.getLogger("tagwarden.journal")


class Result(msgspec.Struct, frozen=True):
    """What became of a call.

    `position` is that of its group, None if there was nothing to keep; `outcomes`
    are those of its changes, by index; `committed` all groups that are in the
    journal now and were not before.
    """

    position: int | None
    outcomes: dict[int, Outcome]
    committed: list[Group]


class Station:
    """Entries in; decisions out to the journal, with everything that was decided."""

    def __init__(
        self,
        journal: SqliteJournal,
        read_blueprint: ReadBlueprint,
        limits: LimitsSettings | None = None,
        on_commit_s: Callable[[float], None] = lambda _duration_s: None,
        history: Callable[[], HistorySettings] = lambda: KEEP_ALL,
    ) -> None:
        self._journal = journal
        self._read_blueprint = read_blueprint
        self._on_commit_s = on_commit_s
        self._history = history
        self._limits = limits or LimitsSettings()
        self.pipeline, self.position, replay = recover(journal, read_blueprint)
        self.committed_position = self.position
        self.committed_seq = self.pipeline.state.seq
        self.fault: str | None = None
        self._trust_tables()
        state = self.pipeline.state
        self._former_site = (
            newest_site(journal.connection, state.now_ns) if state.site is None else None
        )
        self.reads_uncommitted = 0
        self._waiting: list[Group] = []
        self._quiet: list[Entry] = []
        self._replay = replay

    def _trust_tables(self) -> None:
        """What was committed is true: open alerts are those of the table, should they differ.

        But a row that a salvage could not read is no decision, and comes back.
        """
        cases = self.pipeline.state.judged.cases.values()
        opened = [case.alert for case in cases if case.alert is not None]
        if lost := lost_alerts(self._journal.connection, opened):
            self._journal.transact(lambda connection: put_back(connection, lost))
            log.error("%d open alerts were lost in the table, and put back", len(lost))
        wrong = self.pipeline.judge.adopt_open(open_alerts(self._journal.connection))
        if wrong:
            log.error("alerts %s were not as they were committed; the table was trusted", wrong)

    @property
    def full(self) -> bool:
        """Whether so much waits for the disk that nothing more may come in."""
        return self.reads_uncommitted >= self._limits.uncommitted_reads_max

    @property
    def uncommitted(self) -> list[Group]:
        """What is decided and not in the journal yet, in order."""
        return list(self._waiting)

    def subscribers(self) -> Subscribers:
        """Who may be told of what is decided here, by what the register and the plan say now."""

        def asset(id_: str) -> Asset | None:
            return self.pipeline.judge.register.asset(id_)

        return Subscribers(asset, lambda: self.pipeline.plan)

    def adopt(self, state: PipelineState) -> None:
        """Go on with this state; nothing may wait to be committed."""
        self.pipeline = Pipeline(self._read_blueprint, state)
        self._quiet, self._replay = [], 0

    def process(self, entries: list[Entry]) -> Result:
        """Decide, then commit. Never raises for a disk that refuses: see `fault`."""
        decided = self.decide(entries)
        return msgspec.structs.replace(decided, committed=self.commit())

    def decide(self, entries: list[Entry]) -> Result:
        """Let the pipeline advance; what it decided waits for `commit`."""
        decisions = self.pipeline.advance(entries)
        position = None
        if decisions.outputs or not all(isinstance(entry, Tick) for entry in entries):
            self.position = position = self.position + 1
            reads = reads_in(entries)
            now_ns = self.pipeline.state.now_ns
            kept = [*self._quiet, *entries]
            self._waiting.append(Group(position, now_ns, kept, decisions.outputs, reads))
            self.reads_uncommitted += reads
            self._quiet = []
        elif entries:
            # Idle time is not worth a commit; but reads may come that arrived before it, and a
            # replay must then stand at the same time.
            self._quiet = [entries[-1]]
        return Result(position, decisions.outcomes, [])

    def commit(self) -> list[Group]:
        """Try to write all that waits, in order; the groups that went through."""
        if not self._waiting:
            return []
        began_s = perf_counter()
        try:
            self._journal.append(self._waiting, self._keep())
        except sqlite3.Error as error:
            fault = f"the journal can not be written: {error}"
            if fault != self.fault:
                log.error("%s", fault)  # noqa: TRY400 - the text is all that helps
            self.fault = fault
            return []
        self.fault = None
        self._on_commit_s(perf_counter() - began_s)
        self._replay += sum(_replay_of(group.reads, group.outputs) for group in self._waiting)
        self.committed_position = self._waiting[-1].position
        self.committed_seq = next(
            (group.outputs[-1].seq for group in reversed(self._waiting) if group.outputs),
            self.committed_seq,
        )
        committed, self._waiting = self._waiting, []
        self.reads_uncommitted = 0
        return committed

    def checkpoint_due(self) -> bool:
        """Whether a restart would have much to replay."""
        return self._replay >= CHECKPOINT_READS

    def checkpoint(self) -> None:
        """Write the state down as of the newest group, if all of it is committed."""
        if self._waiting:
            return
        self._replay = 0
        try:
            blob = msgspec.msgpack.encode(self.pipeline.state)
            self._journal.keep_checkpoint(self.position, FORMAT, blob)
        except sqlite3.Error as error:
            # Nothing is lost: a start from an older one replays more.
            log.warning("the checkpoint can not be written: %s", error)

    def start_entries(self, site: Site, now_ns: int) -> list[Entry]:
        """What a start has to say: that it started, and the site file if it is another one."""
        state = self.pipeline.state
        started = GatewayStarted(now_ns, state.now_ns or None)
        if self._former_site is not None:
            former, self._former_site = self._former_site, None
            return [former, started, *_unless_known(site, former, now_ns)]
        return [started, *_unless_known(site, state.site, now_ns)]

    def _keep(self) -> Keep:
        now_ns, history = self.pipeline.state.now_ns, self._history()
        return Keep(
            journal_since_ns=now_ns - round(history.journal_keep_hours * HOUR_NS),
            journal_bytes_max=history.journal_mb_max * MEGABYTE,
            events=EVENTS_MAX,
            answers_since_ns=now_ns - ANSWERS_NS,
            ages=ages_at(history.keep, now_ns, history.private),
        )


def _unless_known(site: Site, known: SiteChanged | None, now_ns: int) -> list[Entry]:
    if known is not None and known.version == site.version:
        return []
    return [SiteChanged(now_ns, "site file", site.version, site.text)]


def recover(journal: SqliteJournal, read_blueprint: ReadBlueprint) -> tuple[Pipeline, int, int]:
    """The pipeline as it was after the newest group, that group's position, and what was replayed.

    The latter is counted in reads, see OUTPUT_READS.
    Newest checkpoint, then the journal behind it; outputs are thrown away,
    since they were committed with their entries. Without a checkpoint that can be read the
    journal tells all, or, where its beginning has expired, the tables do.
    """
    kept = newest_readable(journal)
    if kept is None:
        journal.forget_checkpoints()
        if not is_whole(journal):
            return _rebuild(journal, read_blueprint)
    position, state = kept or (0, None)
    pipeline = Pipeline(read_blueprint, state)
    replay = 0
    for replayed, entries in journal.replay(position):
        outputs = pipeline.advance(entries).outputs
        replay += _replay_of(reads_in(entries), outputs)
        position = replayed
    # Another version may decide otherwise; a number that was given out is never given again.
    pipeline.state.seq = max(pipeline.state.seq, journal.last_seq())
    return pipeline, max(position, journal.last_position()), replay


def open_journal(path: Path) -> SqliteJournal:
    """Open the journal in a `state.db`, made or migrated where needed.

    Raises StateTooNewError of a file that is left as it was: the version that it is from can
    go on with it.
    """
    return SqliteJournal(open_state(path))


def _rebuild(journal: SqliteJournal, read_blueprint: ReadBlueprint) -> tuple[Pipeline, int, int]:
    """The pipeline as the tables tell of it, with a checkpoint of that."""
    state, position = state_from_tables(journal.connection, read_blueprint), journal.last_position()
    log.warning(
        "no checkpoint can be read, and the journal does not reach back to the beginning: the "
        "state was rebuilt from the tables. Places, open alerts, assets and check-outs are as they "
        "were; what was still waiting to be confirmed is judged anew from now on"
    )
    journal.keep_checkpoint(position, FORMAT, msgspec.msgpack.encode(state))
    return Pipeline(read_blueprint, state), position, 0


def newest_readable(journal: SqliteJournal) -> tuple[int, PipelineState] | None:
    """The newest checkpoint that can be read and has its journal behind it, with its position."""
    for position, blob in journal.checkpoints(FORMAT):
        try:
            return position, msgspec.msgpack.decode(blob, type=PipelineState)
        except msgspec.DecodeError as error:
            log.error("the checkpoint at %d is damaged: %s", position, error)  # noqa: TRY400 - the text is all that helps
    return None


def is_whole(journal: SqliteJournal) -> bool:
    """Whether the journal reaches back to the beginning."""
    return not journal.last_position() or journal.first_position() == 1


def _replay_of(reads: int, outputs: Sequence[Numbered]) -> int:
    """How long it takes to decide a group once more, counted in reads."""
    return reads + OUTPUT_READS * len(outputs)


def reads_in(entries: Sequence[Entry]) -> int:
    """How many reads some entries hold."""
    return sum(len(entry.reads) for entry in entries if isinstance(entry, ReadGroup))
