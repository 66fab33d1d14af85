"""`tagwarden replay`: a recording, or a span of history, through the pipeline."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gateway.command_files import (
    CommandError,
    assets_of,
    recorded_site,
    refuse_input,
    unreadable,
    until_ns_of,
    whole_file,
)
from gateway.compare import compare_command
from gateway.entries import Entry, ReadGroup
from gateway.history_span import span_of_history
from gateway.pipeline import Pipeline
from gateway.quality_report import events_file, quality_of, refuse_quality, tell_quality
from gateway.replay import ReplayError, recorded_entries, replay, replay_pipeline, unused_reads
from gateway.site import Site, SiteError
from gateway.terminal import say, show_progress, warn
from gateway.truth import TruthError
from gateway.what_if import WhatIf
from inventory.assets import Asset
from readers.wire.recording import RecordingError
from tags.times import format_time

BYTES_A_READ = 80
"""As a row of a recording; so far the progress of one is told from its size."""


class _Source(NamedTuple):
    """What is replayed, and how large it is: in bytes, or in groups of a journal."""

    site: Site
    assets: tuple[Asset, ...]
    entries: Iterator[Entry]
    size: int
    from_ns: int = 0


def replay_command(chosen: argparse.Namespace) -> int:
    """`tagwarden replay`, of one site file or of two that are compared."""
    try:
        if chosen.compare is None:
            return _replay(chosen)
        refuse_quality(chosen)
        return compare_command(chosen)
    except SiteError as error:
        for problem in error.problems:
            warn(str(problem), "red")
        return 1
    except (RecordingError, ReplayError, CommandError, TruthError) as error:
        warn(str(error), "red")
        return 1
    except OSError as error:
        warn(unreadable(error, chosen.recording), "red")
        return 1


def _replay(chosen: argparse.Namespace) -> int:
    if chosen.truth is not None:
        raise CommandError("--truth: scores two site files; give them with --compare")
    if chosen.out is not None:
        refuse_input(chosen.out, (chosen.recording, chosen.site, chosen.assets, chosen.rules))
    bad: list[str] = []
    source = _history(chosen) if chosen.recording.is_dir() else _recording(chosen, bad)
    rules = None if chosen.rules is None else recorded_site(chosen.rules)
    what_if = None if rules is None else WhatIf(source.site, source.assets, source.from_ns)
    quality = quality_of(chosen, source.site)
    if quality is not None:
        source = source._replace(entries=quality.listen(source.entries))
    pipeline = replay_pipeline(rules)
    reads, lines = _write_down(chosen, source, pipeline, what_if)
    for problem in (*bad, *unused_reads(pipeline)):
        warn(problem, "yellow")
    warn(f"{chosen.recording}: {reads} reads, {lines} decisions, {len(bad)} bad rows")
    if what_if is not None:
        _tell_what_if(chosen, what_if)
    if quality is not None:
        tell_quality(chosen, quality.findings())
    return 1 if bad else 0


def _write_down(
    chosen: argparse.Namespace, source: _Source, pipeline: Pipeline, what_if: WhatIf | None
) -> tuple[int, int]:
    """Replay, and write what is decided where `--out` says; reads and lines."""
    reads = lines = groups = 0
    with whole_file(events_file(chosen)) as out:
        for entry, decided in replay(pipeline, source.entries, source.site, source.assets):
            reads += len(entry.reads) if isinstance(entry, ReadGroup) else 0
            groups += 1
            for line in decided:
                lines += 1
                out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
            if what_if is not None:
                what_if.note(entry, decided)
            done = groups if chosen.recording.is_dir() else reads * BYTES_A_READ
            show_progress(min(source.size - 1, done), source.size, "replay")
    show_progress(source.size, source.size, "replay")
    return reads, lines


def _recording(chosen: argparse.Namespace, bad: list[str]) -> _Source:
    """A recording. What is wrong in it, or in the assets, is added to `bad`."""
    if chosen.from_time is not None:
        raise CommandError("--from: is for the history of a data folder")
    until_ns = None if chosen.until is None else until_ns_of(chosen.until)
    assets, problems = assets_of(chosen.assets)
    bad += problems
    entries = recorded_entries(chosen.recording, lambda error: bad.append(str(error)), until_ns)
    size = chosen.recording.stat().st_size
    return _Source(recorded_site(chosen.site), assets, entries, size)


def _history(chosen: argparse.Namespace) -> _Source:
    """A span of the history in a data folder, also while its gateway runs."""
    site = None if chosen.site is None else recorded_site(chosen.site)
    from_ns = None if chosen.from_time is None else until_ns_of(chosen.from_time, "--from")
    until_ns = None if chosen.until is None else until_ns_of(chosen.until)
    span = span_of_history(chosen.recording, site, from_ns, until_ns)
    since, until = format_time(span.from_ns), format_time(span.until_ns)
    warn(f"{chosen.recording}: from {since} to {until}, with its assets as they are now")
    assets = span.assets if chosen.assets is None else assets_of(chosen.assets)[0]
    return _Source(span.site, assets, span.entries(), span.size, span.from_ns)


def _tell_what_if(chosen: argparse.Namespace, what_if: WhatIf) -> None:
    """To standard output, or beside it where the decisions go there."""
    tell = warn if events_file(chosen) is None else say
    name = Path(chosen.rules).name
    for line in what_if.report(name):
        tell(line)
