"""The journal under two site files: how far it is, what it lacks, and what it comes to."""

import sqlite3
from collections.abc import Iterator
from functools import partial
from typing import Literal

from gateway.blueprints import blueprint_of
from gateway.entries import Entry, ReadGroup, Tick
from gateway.journal_span import JournalSpan, groups_of, journal_span
from gateway.preview_work import Asked, Told
from gateway.site import Site, parse_site
from gateway.state_then import state_then
from gateway.two_sites import Beginning, TwoSites
from history.outages import outages_of
from history.registered import registered_assets
from readers.driver import AntennaState
from readers.health import ReaderHealth
from readers.maintenance import WHOLE_READER
from tags.times import format_time

Incomplete = Literal["young", "retention", "gap", "time"]
_WORDS: dict[Incomplete, str] = {
    "young": "Nothing was written down before {begin}.",
    "retention": "The journal is not kept for longer: it reaches back to {begin}.",
    "gap": "Some of the journal was let go while it was read.",
    "time": "It took too long; it was looked at up to {end}.",
}


def healthy_at(connection: sqlite3.Connection, site: Site, at_ns: int) -> list[ReaderHealth]:
    """The readers of a site file that heard at a time, by the outages that are written down."""
    found: list[ReaderHealth] = []
    for name in (hearer.name for reader in site.settings.readers for hearer in reader.hearers()):
        outages = outages_of(connection, [name], at_ns, at_ns + 1)
        deaf: dict[int, AntennaState] = {
            each.antenna: "disconnected" for each in outages if each.reader == name
        }
        if WHOLE_READER not in deaf:
            health = ReaderHealth(reader=name, state="online", since_ns=at_ns, antennas=deaf)
            found.append(health)
    return found


def _beginning(connection: sqlite3.Connection, now: Site, span: JournalSpan) -> Beginning:
    """What was before a span: nothing before the first group of all, else what the tables tell."""
    assets = tuple(registered_assets(connection))
    if span.first <= 1:
        return Beginning(assets)
    plan = blueprint_of(now).plan
    state = partial(state_then, connection, plan, assets=assets)
    return Beginning(assets, state, plan, healthy_at(connection, now, span.begin_ns))


class PreviewReplay:
    """Group by group; the connection is used for questions only."""

    def __init__(self, connection: sqlite3.Connection, asked: Asked) -> None:
        self._connection = connection
        self._asked = asked
        self._span = journal_span(connection, asked.since_ns, asked.until_ns)
        now, then = (parse_site(text, env=None) for text in (asked.now, asked.then))
        beginning = _beginning(connection, now, self._span)
        self._sites = TwoSites(now, then, self._span.from_ns, beginning)
        self._reads = 0
        self._at = self._span.first - 1
        self._seen_ns = self._span.from_ns
        self._gap = self._ended = False

    def steps(self) -> Iterator[Told]:
        """Take in group after group, and at the end the time until now; how far it is."""
        for position, now_ns, entries in groups_of(self._connection, self._span):
            self._gap = self._gap or position != self._at + 1
            self._at, self._seen_ns = position, max(self._seen_ns, now_ns)
            self._reads += sum(len(e.reads) for e in entries if isinstance(e, ReadGroup))
            self._sites.take(entries)
            yield self.told()
        last: list[Entry] = [Tick(self._asked.until_ns)]
        self._gap = self._gap or self._at < self._span.last
        self._sites.take(last)
        self._ended = True

    def told(self, *, done: bool = False) -> Told:
        """How far it is; `done` with what it has come to."""
        span, asked = self._span, self._asked
        size = max(1, span.last - span.first + 1)
        until_ns = self._seen_ns if done and not self._ended else asked.until_ns
        progress = min(1.0, (self._at - span.first + 1) / size)
        told = Told(progress, span.from_ns, until_ns, self._reads)
        if done:
            lack = self._incomplete()
            begin, end = format_time(span.from_ns), format_time(until_ns)
            told.result = self._sites.told() | {
                "incomplete": lack,
                "detail": "" if lack is None else _WORDS[lack].format(begin=begin, end=end),
                "site_changes": self._site_changes(until_ns),
            }
        return told

    def _incomplete(self) -> Incomplete | None:
        if not self._ended:
            return "time"
        return "gap" if self._gap else self._span.lack

    def _site_changes(self, until_ns: int) -> int:
        """How often another site file came into force within the span."""
        row = self._connection.execute(
            "SELECT count(*) FROM site_changes WHERE at_ns > ? AND at_ns <= ? AND number > 1",
            (self._span.from_ns, until_ns),
        ).fetchone()
        return int(row[0])
