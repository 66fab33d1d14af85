"""The routes of the gateway itself: how it is, and its backups."""

from typing import Literal

from api import system
from api.route import API, Route, rows, takes
from api.shapes import Confidence, Rate, Readiness, Shape, Time
from api.system import BackupBody

_LIST = API + "/backups"


class SecondsShape(Shape):
    """How long something took within the last `over_s`: half of it at most `p50`, and so on."""

    over_s: float
    count: int
    p50: float | None
    p99: float | None


class ReadRateShape(Shape):
    """Reads since the start, and reads per second of the last minutes, `every_s` by `every_s`.

    `folded` are those that are evidence for a zone, `dropped` those that are none.
    """

    committed: int
    folded: int
    dropped: int
    per_second: Rate
    series: list[Rate]
    every_s: float


class LateHistoryShape(Shape):
    """How far a store of the history is behind, and what waits for it."""

    store: str
    lag_s: float
    waiting: int


class BacklogShape(Shape):
    """What waits: reads for the pipeline, groups for a commit, messages, and the history."""

    pipeline: int
    commit: int
    outbox_oldest_s: float
    outbox_waiting: int
    outbox_dead: int
    history: list[LateHistoryShape]


class StorageShape(Shape):
    """What the data takes, as of `looked`, and the disk that it lies on.

    `days` are days of history, of which `keep_days` are kept. `days_until_full` is null where
    nothing grows any more before the disk is full, and where nobody can tell yet.
    """

    looked: Time
    free_bytes: int
    total_bytes: int
    state_bytes: int
    history_bytes: int
    plans_bytes: int
    backups_bytes: int
    days: int
    keep_days: int
    days_until_full: int | None


class LastBackupShape(Shape):
    """The newest backup that ended well or not; `where` is null for who may make none."""

    id: str
    made: Time
    bytes: int | None
    ok: bool
    where: str | None


class SystemShape(Shape):
    """How the gateway is. `version` is its own, `site_version` that of the site file."""

    version: str
    started: Time
    now: Time
    timezone: str
    site: str
    site_version: str
    readiness: Readiness
    commit_seconds: SecondsShape
    alert_seconds: SecondsShape
    reads: ReadRateShape
    backlog: BacklogShape
    storage: StorageShape
    backup: LastBackupShape | None


class BackupShape(Shape):
    """A backup. `begun` and `by` are null for one that was not made since the last start.

    `bytes`, `days` of history, `version` and `site` are known once it is done; `reason` says
    why it failed, or what had to be left out.
    """

    id: str
    state: Literal["running", "done", "failed"]
    begun: Time | None
    ended: Time | None
    by: str | None
    progress: Confidence
    bytes: int | None
    days: int | None
    version: str | None
    site: str | None
    reason: str
    where: str


SYSTEM_ROUTES: tuple[Route, ...] = (
    Route("GET", API + "/system", system.show_system, "look", SystemShape),
    rows(_LIST, system.list_backups, BackupShape, "backups"),
    Route(
        "POST",
        _LIST,
        system.make_backup,
        "backups",
        BackupShape,
        takes=takes(BackupBody),
        body_required=False,
        statuses=(202,),
    ),
    Route("GET", _LIST + "/{backup}", system.show_backup, "backups", BackupShape),
)
