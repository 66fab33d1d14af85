"""The site file as the API sees it: read, checked, edited and undone through one protocol."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from history.paging import Page, PageRequest

Part = Literal["floors", "zones", "readers", "portals", "rules", "channels"]
SiteRefusal = Literal["unknown", "exists", "changed", "unconditional", "conflict", "invalid"]


class SiteProblem(NamedTuple):
    """What is wrong with a site file: `key` is a path such as `zones[hall].polygon[2]`."""

    line: int
    key: str
    message: str
    severity: Literal["error", "warning"]


class SiteRefusedError(Exception):
    """An edit is not made; nothing was changed. `problems` says by key what is wrong."""

    def __init__(
        self, refused: SiteRefusal, detail: str, problems: Sequence[SiteProblem] = ()
    ) -> None:
        super().__init__(detail)
        self.refused: SiteRefusal = refused
        self.detail = detail
        self.problems = tuple(problems)


class EntryEdit(NamedTuple):
    """One entry of a list. Without a name it is added, without a value taken out.

    `merge` merges the value into what is there as RFC 7396 says. A value with another name
    renames the entry.
    """

    part: Part
    name: str | None
    value: dict[str, Any] | None
    merge: bool = False


class PartEdit(NamedTuple):
    """All entries of a list, in order; those that are not named any more are taken out."""

    part: Part
    entries: list[dict[str, Any]]


class WholePatch(NamedTuple):
    """A merge patch of the whole file, such as `{"history": {"keep_days": 90}}`."""

    patch: dict[str, Any]


class WholeText(NamedTuple):
    """The whole text of the file; `kept` says that it was in force before."""

    text: str
    kept: bool = False


class Restored(NamedTuple):
    """The text of a version that was in force before."""

    number: int


SiteEdit = EntryEdit | PartEdit | WholePatch | WholeText | Restored


class EditTerms(NamedTuple):
    """Who edits and why, and under which condition.

    `if_match` are the versions of which the thing must have one (`*`: any), None where that is
    not said; `new` demands that there is none of it yet. `dry_run` says what would be, and
    changes nothing.
    """

    by: str
    why: str = ""
    if_match: tuple[str, ...] | None = None
    new: bool = False
    dry_run: bool = False


class SiteEdited(NamedTuple):
    """What became of an edit, or would become of it: the version in force and its number.

    `created` says whether the entry is new; `name` and `entry` are those of it now, `etag` the
    version of what was edited. `changes` is a unified diff.
    """

    version: str
    number: int
    created: bool
    name: str | None
    entry: dict[str, Any] | None
    etag: str | None
    changes: str
    warnings: tuple[SiteProblem, ...] = ()


class SiteState(NamedTuple):
    """The file as it stands: `version` is in force, `file_version` stands in the file.

    The two differ while what stands in the file is not valid; `problems` says why, or what to
    live with. `text` is None where it can not be read.
    """

    file: str | None
    version: str
    number: int
    file_version: str
    read_only: bool
    problems: tuple[SiteProblem, ...]
    text: str | None


class SiteVersion(NamedTuple):
    """A version by its number; secrets are masked in `text` and `changes` (a unified diff)."""

    number: int
    version: str
    text: str
    changes: str


class Entries(NamedTuple):
    """Entries of a list as they are written, secrets masked, by name; each with its ETag."""

    settings: Mapping[str, dict[str, Any]]
    etags: Mapping[str, str]
    etag: str


class Picture(NamedTuple):
    """A floor plan as it is sent."""

    content: bytes
    media_type: str
    etag: str


class SiteEdits(Protocol):
    """Fulfilled by the gateway. Those that wait for a disk do so in a thread."""

    async def state(self) -> SiteState:
        """How the file stands."""
        ...

    async def entries(self, part: Part) -> Entries:
        """The entries of a list as they are in force."""
        ...

    async def edit(self, edit: SiteEdit, terms: EditTerms) -> SiteEdited:
        """Make an edit; returns once it is in force. Raises SiteRefusedError, JournalFullError."""
        ...

    async def check(self, edit: SiteEdit) -> tuple[SiteProblem, ...]:
        """Say what would be wrong, or to live with, after an edit."""
        ...

    async def versions(self, request: PageRequest) -> Page:
        """List the versions: number, version, at, by, why."""
        ...

    async def version(self, number: int) -> SiteVersion | None:
        """One version, and what it changed of the one before; None where there is none."""
        ...

    async def zones_at(self, at_ns: int) -> list[dict[str, Any]]:
        """The zones that were in force at a time, as `api.desk.Desk.zones`.

        Those of the first version for a time before it. Raises SiteRefusedError for a version
        that can not be read any more.
        """
        ...

    async def plan(self, floor: str) -> Picture | None:
        """The plan of a floor. Raises SiteRefusedError where there is one that can not be shown."""
        ...

    async def keep_plan(self, floor: str, png: bytes, terms: EditTerms) -> SiteEdited:
        """Keep a picture as the plan of a floor. Raises as `edit` does."""
        ...
