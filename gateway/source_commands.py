"""The commands that talk to sources directly: doctor, listen, record."""

import argparse
import asyncio
import contextlib
import random
import signal
from collections.abc import Awaitable, Iterator
from pathlib import Path
from time import time_ns

import msgspec

from delivery.broker_examination import examine_broker
from gateway.certificate_examination import examine_certificate
from gateway.doctor import Examination, examine_folder, examine_history, examine_readers
from gateway.entries import Tick
from gateway.recorder import Recorder
from gateway.recordings import REST_NS
from gateway.site import Site, SiteError, load_site
from gateway.supervisor import Supervisor
from gateway.terminal import Style, is_terminal, redraw, say, show_progress, warn
from gateway.walk_test import WalkTest
from readers.catalog import open_driver
from readers.driver import Driver, EndOfReadsError, ReaderError
from readers.reasons import reason_of
from readers.settings import ReaderSettings

REDRAW_S = 0.5
PRINT_S = 5.0
_MARKS: dict[bool | None, tuple[str, Style]] = {
    True: ("ok  ", "green"),
    False: ("FAIL", "red"),
    None: ("?   ", "yellow"),
}


def doctor_command(chosen: argparse.Namespace) -> int:
    """`tagwarden doctor`."""
    site = _load(chosen.site)
    if site is None:
        return 1
    faults = asyncio.run(_examine(site, chosen))
    if not faults:
        count = len(site.settings.readers)
        say(f"{chosen.site}: nothing is wrong with {count} readers and the store", "green")
        return 0
    say("")
    for number, (name, remedy) in enumerate(faults):
        say(f"{'then' if number else 'next'}: {name}: {remedy}", "plain" if number else "bold")
    return 1


async def _examine(site: Site, chosen: argparse.Namespace) -> list[tuple[str, str]]:
    done = 0
    readers = [each.for_a_look() for each in site.settings.readers]
    folder = await asyncio.to_thread(examine_folder, chosen.data)
    faults = [(folder.name, fault) for fault in _show(folder)]
    async for examination in examine_readers(readers, chosen.patience_s, time_ns):
        done += 1
        faults += [(examination.name, fault) for fault in _show(examination)]
        show_progress(done, len(readers), "doctor")
    for publisher in site.settings.publish:
        findings = await examine_broker(publisher, site.settings.site.name, time_ns)
        told = Examination(publisher.name, f"publish {publisher.address}", findings)
        faults += [(told.name, fault) for fault in _show(told)]
    if (tls := site.settings.server.tls) is not None:
        pair = await asyncio.to_thread(examine_certificate, site.settings.server, tls, time_ns())
        faults += [(pair.name, fault) for fault in _show(pair)]
    if site.settings.history.store == "influxdb":
        stored = await examine_history(site.settings.history, time_ns)
        faults += [(stored.name, fault) for fault in _show(stored)]
    return faults


def _show(examination: Examination) -> Iterator[str]:
    """Say what was found; what to do about the first step that failed, if one did."""
    say(f"{examination.name} ({examination.about})", "bold")
    for finding in examination.findings:
        mark, style = _MARKS[finding.ok]
        say(f"  {mark} {finding.step:<14} {finding.detail}", style)
        if finding.ok is not True and finding.remedy:
            say(f"       {'':<14} → {finding.remedy}", "plain" if finding.ok is None else "bold")
    if examination.fault is not None:
        yield examination.fault.remedy


def listen_command(chosen: argparse.Namespace) -> int:
    """`tagwarden listen`."""
    readers = _readers(chosen.site)
    if readers is None:
        return 1
    wanted = next((each for each in readers if each.name == chosen.reader), None)
    if wanted is None:
        names = ", ".join(each.name for each in readers) or "none"
        warn(f"{chosen.site}: there is no reader '{chosen.reader}' (there are: {names})", "red")
        return 1
    test = WalkTest()
    try:
        asyncio.run(_until_stopped(_listen(wanted, test), chosen.for_s))
    except EndOfReadsError as end:
        say(str(end), "dim")
    except ReaderError as error:
        warn(f"{error}", "red")
        warn(f"→ {error.remedy}")
        return 1
    finally:
        for line in test.summary():
            say(line)
    return 0


async def _listen(settings: ReaderSettings, test: WalkTest) -> None:
    driver = open_driver(settings, time_ns)
    try:
        say(f"{settings.name}: connecting …", "dim")
        await driver.connect()
        drawing = asyncio.create_task(_draw(test), name="drawing")
        try:
            await _hear(driver, test)
        finally:
            drawing.cancel()
    finally:
        await driver.close()


async def _hear(driver: Driver, test: WalkTest) -> None:
    now_s = asyncio.get_running_loop().time
    while True:
        batch = await driver.next_batch()
        test.take(batch.reads, now_s())
        test.observe(batch.fixes, batch.measurements)
        if batch.acknowledge is not None:
            batch.acknowledge()


async def _draw(test: WalkTest) -> None:
    now_s = asyncio.get_running_loop().time
    period_s = REDRAW_S if is_terminal() else PRINT_S
    while True:
        await asyncio.sleep(period_s)
        redraw(test.lines(now_s(), period_s))


def record_command(chosen: argparse.Namespace) -> int:
    """`tagwarden record`."""
    if chosen.out.suffix not in {".csv", ".jsonl"}:
        warn("tagwarden record: --out takes a file that ends in .csv or .jsonl", "red")
        return 2
    readers = _readers(chosen.site)
    if readers is None:
        return 1
    if chosen.out.exists() and not chosen.force:
        warn(f"{chosen.out}: is there already; name another file, or say --force", "red")
        return 1
    recorder = Recorder(chosen.out)
    try:
        asyncio.run(_record(readers, recorder, chosen.for_s))
    except OSError as error:
        warn(f"{chosen.out}: can not be written: {reason_of(error)}", "red")
        return 1
    say(f"{chosen.out}: {recorder.reads} reads")
    if recorder.left_out:
        warn(f"{recorder.left_out} positions and values left out: only .jsonl has them", "yellow")
    return 0


async def _record(readers: list[ReaderSettings], recorder: Recorder, for_s: float | None) -> None:
    supervisor = Supervisor(recorder, time_ns, random.Random())  # noqa: S311 - jitter
    async with recorder:
        await _until_stopped(_take_down(readers, supervisor, recorder), for_s)
        now_ns = time_ns()
        for watch in supervisor.watches.values():
            if watch.listed:
                ended = msgspec.structs.replace(
                    watch.health,
                    state="offline",
                    since_ns=now_ns,
                    reason="the recording ends here",
                )
                recorder.put(ended)
        recorder.put(Tick(now_ns + REST_NS))


async def _take_down(
    readers: list[ReaderSettings], supervisor: Supervisor, recorder: Recorder
) -> None:
    """Keep the readers going until cancelled, or until nothing can be written any more."""
    async with asyncio.TaskGroup() as group:
        works = [group.create_task(supervisor.run(each), name=each.name) for each in readers]
        works.append(group.create_task(supervisor.watch_silence(), name="silence"))
        works.append(group.create_task(_tell_progress(supervisor, recorder), name="progress"))
        await recorder.failed.wait()
        for work in works:
            work.cancel()


async def _tell_progress(supervisor: Supervisor, recorder: Recorder) -> None:
    while True:
        await asyncio.sleep(PRINT_S)
        await recorder.flush()
        states = [watch.health.state for watch in supervisor.watches.values() if watch.listed]
        online = f"{states.count('online')} of {len(states)} sources online"
        say(f"{recorder.reads} reads, {online}", "dim")


async def _until_stopped(work: Awaitable[None], for_s: float | None) -> None:
    """Do the work until Ctrl-C, SIGTERM or the end of the time; its own errors are raised."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(TimeoutError, asyncio.CancelledError):
        async with asyncio.timeout(for_s):
            await task


def _load(path: Path) -> Site | None:
    """The site file; None once it is said what is wrong with it."""
    try:
        return load_site(path)
    except SiteError as error:
        for problem in error.problems:
            warn(str(problem), "red")
        return None


def _readers(path: Path) -> list[ReaderSettings] | None:
    """The readers of a site file, to look at from beside; None once it is said what is wrong."""
    site = _load(path)
    return None if site is None else [each.for_a_look() for each in site.settings.readers]
