"""A preview: what it reads of the journal, what it admits to lack, and how it ends."""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

import gateway.previews as worked
from api.desk import JournalFullError
from api.site_edits import EntryEdit, SiteEdit, SiteRefusedError
from gateway.entries import Entry, GatewayStarted, ReadGroup
from gateway.journal import Group, SqliteJournal
from gateway.journal_span import STEP_GROUPS, groups_of, journal_span
from gateway.preview_work import Asked, Told, work_out
from gateway.previews import DAY_NS, KEPT_MAX, KEPT_NS, GatewayPreviews
from gateway.site import Site, parse_site
from gateway.site_planning import site_after
from gateway.site_reading import Standing
from history.expiry import Keep
from history.state import open_reader, open_state
from inventory.assets import Asset
from inventory.changes import StoreAssets
from readers.health import ReaderHealth
from tags.reads import Read
from tags.times import SECOND_NS

NOON_NS = 1_750_000_000 * SECOND_NS
HOUR_NS = 3600 * SECOND_NS
TAG = "3034257bf400b7800004cb2f"
KEEP = Keep(journal_since_ns=0, journal_bytes_max=1 << 30, events=1000, answers_since_ns=0)
TEXT = """\
site: {name: depot}
zones: [{name: hall}, {name: gate, role: exit}]
readers:
  - {name: dock, driver: llrp, address: 10.0.0.21, antennas: {1: {zone: hall}, 2: {zone: gate}}}
rules:
  - {name: stay in, fence: [hall], severity: critical, notify: []}
"""
SITE = parse_site(TEXT)
MILDER = EntryEdit("rules", "stay in", {"severity": "info"}, merge=True)


def read(at_ns: int, antenna: int) -> Read:
    return Read(TAG, "dock", antenna, at_ns, at_ns, -50.0)


def walk_out(at_ns: int) -> list[list[Entry]]:
    """A laptop four seconds in the hall and six at the gate, a group of reads a second."""
    start: list[Entry] = [
        GatewayStarted(at_ns, None),
        StoreAssets(
            arrival_ns=at_ns, by="test", assets=(Asset(id="L7", category="laptop", tags=(TAG,)),)
        ),
        ReaderHealth(reader="dock", state="online", since_ns=at_ns),
    ]
    times = [at_ns + second * SECOND_NS for second in range(10)]
    reads: list[list[Entry]] = [
        [ReadGroup("dock", number, [read(time_ns, 1 if number < 4 else 2)])]
        for number, time_ns in enumerate(times)
    ]
    return [start, *reads]


def keep(path: Path, groups: Sequence[list[Entry]], at_ns: int, first: int = 1) -> Path:
    """A state.db with these groups in its journal, a second apart."""
    written = [
        Group(position, at_ns + (position - first) * SECOND_NS, entries, [], 0)
        for position, entries in enumerate(groups, start=first)
    ]
    with closing(open_state(path)) as connection:
        SqliteJournal(connection).append(written, KEEP)
    return path


def answered(asked: Asked) -> Told:
    told: list[Told] = []
    work_out(asked, told.append)
    return told[-1]


def changed(*edits: SiteEdit) -> Site:
    return site_after(Standing(Path("site.yaml"), TEXT.encode(), TEXT, SITE.version), edits)


def asked_of(path: Path, then: Site, since_ns: int = NOON_NS) -> Asked:
    return Asked(str(path), TEXT, then.text, since_ns, NOON_NS + HOUR_NS)


def test_the_same_site_file_says_the_same(tmp_path: Path) -> None:
    told = answered(asked_of(keep(tmp_path / "state.db", walk_out(NOON_NS), NOON_NS), SITE))
    assert told.result is not None
    assert (told.progress, told.reads, told.result["incomplete"]) == (1.0, 10, None)
    alerts = told.result["alerts"]
    assert (alerts["now"], alerts["then"]) == (alerts["kept"], alerts["kept"])
    assert told.result["rules"]["stay in"] == {"now": 1, "then": 1}


def test_an_alert_of_another_severity_is_kept_and_counted(tmp_path: Path) -> None:
    path = keep(tmp_path / "state.db", walk_out(NOON_NS), NOON_NS)
    told = answered(asked_of(path, changed(MILDER)))
    assert told.result is not None
    assert told.result["alerts"]["changed_severity"] == 1
    assert told.result["alerts"]["vanish"] == []


def test_readers_that_heard_all_the_time_are_known_to_hear(tmp_path: Path) -> None:
    """Of a gateway that has run for long, no group says any more that its readers are online."""
    start, *reads = walk_out(NOON_NS)
    path = keep(tmp_path / "state.db", [[start[1]], *reads], NOON_NS, first=500)
    told = answered(asked_of(path, changed(EntryEdit("rules", "stay in", None))))
    assert told.result is not None
    assert told.result["rules"]["stay in"] == {"now": 1, "then": 0}


def test_an_empty_journal_is_answered_with_nothing(tmp_path: Path) -> None:
    told = answered(asked_of(keep(tmp_path / "state.db", [], NOON_NS), SITE))
    assert told.result is not None
    assert (told.result["incomplete"], told.result["alerts"]["now"]) == ("young", 0)


def test_what_takes_too_long_tells_how_far_it_came(tmp_path: Path) -> None:
    path = keep(tmp_path / "state.db", walk_out(NOON_NS), NOON_NS)
    asked = asked_of(path, SITE)
    asked.work_s_max = -1.0
    told = answered(asked)
    assert told.result is not None
    assert told.result["incomplete"] == "time"
    assert told.until_ns == NOON_NS


@pytest.mark.parametrize(("first", "lack"), [(1, "young"), (40, "retention")])
def test_a_journal_that_begins_too_late_says_why(first: int, lack: str, tmp_path: Path) -> None:
    path = keep(tmp_path / "state.db", walk_out(NOON_NS), NOON_NS, first=first)
    told = answered(asked_of(path, SITE, since_ns=NOON_NS - DAY_NS))
    assert told.result is not None
    assert (told.from_ns, told.result["incomplete"]) == (NOON_NS, lack)


def test_a_span_begins_an_hour_early_and_is_read_to_its_end(tmp_path: Path) -> None:
    groups: list[list[Entry]] = [[] for _ in range(8000)]
    path = keep(tmp_path / "state.db", groups, NOON_NS)
    with closing(open_reader(path)) as connection:
        span = journal_span(connection, NOON_NS + 5000 * SECOND_NS, NOON_NS + HOUR_NS)
        assert (span.first, span.last) == (1401, 8000)
        found = [position for position, _, _ in groups_of(connection, span)]
    assert found == list(range(1401, 8001))
    assert len(found) > STEP_GROUPS


class Clock:
    def __init__(self) -> None:
        self.now_ns = NOON_NS + HOUR_NS

    def __call__(self) -> int:
        return self.now_ns


class Previewing:
    """Previews of a state.db, and what was counted of them."""

    def __init__(self, state: Path) -> None:
        self.counted: list[str] = []
        self.clock = Clock()
        self.previews = GatewayPreviews(
            state, lambda: SITE, self._imagine, self.clock, self.counted.append
        )

    async def _imagine(self, edits: Sequence[SiteEdit]) -> Site:
        return await asyncio.to_thread(changed, *edits)

    async def ended(self, name: str) -> dict[str, object]:
        async with asyncio.timeout(60):
            while (told := self.previews.shown(name) or {})["state"] == "running":  # noqa: ASYNC110 - as a page asks
                await asyncio.sleep(0.02)
        return told


SLOW = ("/bin/sh", "-c", "cat > /dev/null; exec sleep 60")


async def test_another_one_waits_and_who_stops_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worked, "COMMAND", SLOW)
    known = Previewing(tmp_path / "state.db")
    with pytest.raises(JournalFullError):
        await known.previews.begin([MILDER], None, "anna")
    async with asyncio.TaskGroup() as group:
        known.previews.open(group)
        begun = await known.previews.begin([MILDER], None, "anna")
        assert (await known.previews.begin([MILDER], None, "bo"))["id"] == begun["id"]
        with pytest.raises(SiteRefusedError, match="Another preview"):
            await known.previews.begin([MILDER], NOON_NS, "bo")
        assert await known.previews.end(begun["id"])
        assert known.previews.shown(begun["id"]) is None
        anew = await known.previews.begin([MILDER], NOON_NS, "bo")
        await known.previews.close()
        assert (known.previews.shown(anew["id"]) or {})["state"] == "failed"
        with pytest.raises(JournalFullError):
            await known.previews.begin([MILDER], None, "anna")
    assert known.counted == ["ended", "ended"]


async def test_a_process_that_is_killed_is_told_of_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worked, "COMMAND", ("/bin/sh", "-c", "cat > /dev/null; kill -9 $$"))
    known = Previewing(tmp_path / "state.db")
    async with asyncio.TaskGroup() as group:
        known.previews.open(group)
        names: list[str] = []
        for since_ns in range(KEPT_MAX + 2):
            begun = await known.previews.begin([MILDER], since_ns, "anna")
            told = await known.ended(begun["id"])
            assert (told["state"], told["result"]) == ("failed", None)
            assert "memory" in str(told["reason"])
            names.append(begun["id"])
        kept = [name for name in names if known.previews.shown(name)]
        assert kept == names[-KEPT_MAX:]
        known.clock.now_ns += KEPT_NS + 1
        assert known.previews.shown(names[-1]) is None


async def test_the_process_has_nothing_of_what_the_gateway_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAGWARDEN_SECRET", "whsec_1")
    telling = ("/bin/sh", "-c", f"cat > /dev/null; env > {tmp_path}/env")
    monkeypatch.setattr(worked, "COMMAND", telling)
    known = Previewing(tmp_path / "state.db")
    async with asyncio.TaskGroup() as group:
        known.previews.open(group)
        await known.ended((await known.previews.begin([MILDER], None, "anna"))["id"])
    assert "PYTHONPATH" in (tmp_path / "env").read_text(encoding="utf-8")
    assert "whsec_1" not in (tmp_path / "env").read_text(encoding="utf-8")


async def test_a_journal_that_can_not_be_read_fails_in_words(tmp_path: Path) -> None:
    known = Previewing(tmp_path / "state.db")
    async with asyncio.TaskGroup() as group:
        known.previews.open(group)
        told = await known.ended((await known.previews.begin([MILDER], None, "anna"))["id"])
    assert told["state"] == "failed"
    assert "can not be read" in str(told["reason"])
    assert known.counted == ["failed"]
