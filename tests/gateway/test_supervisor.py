"""The supervisor: tries again with patience, and never says online of what is dead."""

import asyncio
import logging

import pytest

from gateway.entries import ClockOffset
from gateway.supervisor import BACKOFF_S, LOCAL_BACKOFF_S
from readers.driver import Batch, EndOfReadsError, ReaderLostError, ReaderMisconfiguredError
from readers.health import ReaderHealth
from readers.settings import ReaderSettings
from tags.times import MILLISECOND_NS
from tests.gateway.made import NOON_NS, TAGS, read, within
from tests.gateway.supervised import DOCK, LOST, SOON_S, Step, Watched, watched


async def test_a_dead_driver_is_never_shown_as_online() -> None:
    async with watched(
        [LOST],
        ["ok", Batch(), LOST],
        [ReaderMisconfiguredError("dock: antenna 9 does not exist")],
    ) as at:
        await at.until_connections(3)
        await within(lambda: at.drivers[2].closed == 1)
        assert at.states == [
            ("connect", "connecting"),
            ("close", "offline"),
            ("connect", "offline"),
            ("next", "online"),
            ("next", "online"),
            ("close", "offline"),
            ("connect", "offline"),
            ("close", "misconfigured"),
        ]
        assert at.shown == ["connecting", "offline", "online", "offline", "misconfigured"]


async def test_health_says_what_is_wrong_and_what_to_do() -> None:
    async with watched([ReaderLostError("dock: refused", "Close the other program.")]) as at:
        await at.until_connections(2)
        health = at.health()
        assert (health.reason, health.remedy) == ("dock: refused", "Close the other program.")
        assert NOON_NS < health.since_ns <= at.now_ns


async def test_the_time_between_tries_grows_to_a_limit_and_starts_anew_after_a_message() -> None:
    refused = [[LOST]] * 7
    async with watched(*refused, ["ok", LOST], [LOST]) as at:
        await at.until_connections(10)
        assert at.patience.ceilings_s == [2, 4, 5, 5, 5, 5, 5, BACKOFF_S[0], 2]


async def test_a_port_of_this_machine_is_tried_every_few_seconds_for_ever() -> None:
    port = ReaderSettings(name="dock", driver="serial")
    async with watched(*([[LOST]] * 5), settings=port) as at:
        await at.until_connections(6)
        assert max(at.patience.ceilings_s) == LOCAL_BACKOFF_S < 5


async def test_the_same_trouble_again_is_no_news() -> None:
    async with watched(*[[LOST]] * 5) as at:
        await at.until_connections(6)
        assert at.shown == ["connecting", "offline"]


async def test_silence_without_an_end_is_noticed_and_the_reader_connected_afresh() -> None:
    async with watched(["ok", Batch(), "hang"], ["ok"]) as at:
        await at.until_connections(2)
        await within(lambda: "online" in at.shown[2:])
        assert at.shown[:4] == ["connecting", "online", "silent", "online"]
        assert at.drivers[0].closed == 1


async def test_a_reader_that_takes_too_long_to_connect_is_offline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.supervisor.CONNECT_TIMEOUT_S", 0.01)
    async with watched(["hang"]) as at:
        await at.until_connections(2)
        assert at.health().reason == "dock: no answer within 0.01 s"
        assert at.shown == ["connecting", "offline"]


async def test_a_misconfigured_reader_is_tried_again_rarely(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.supervisor.MISCONFIGURED_RETRY_S", (0.0,))
    wrong = ReaderMisconfiguredError("dock: antenna 9 does not exist (1-4)")
    async with watched([wrong], [wrong], ["ok"]) as at:
        await within(lambda: at.shown[-1:] == ["online"])
        assert at.shown == ["connecting", "misconfigured", "online"]
        assert at.patience.ceilings_s == []


async def test_a_source_that_ends_is_disabled_and_not_opened_again() -> None:
    at = Watched(["ok", Batch(), EndOfReadsError("dock: day.csv is at its end")])
    async with asyncio.timeout(SOON_S):
        await at.supervisor.run(DOCK)
    assert at.shown == ["connecting", "online", "disabled"]
    assert (len(at.drivers), at.drivers[0].closed) == (1, 1)
    assert at.health().reason == "dock: day.csv is at its end"


async def test_a_fault_in_a_driver_is_trouble_of_that_reader_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        async with watched(["ok", ZeroDivisionError("oops")], ["ok"]) as at:
            await within(lambda: at.shown[-2:] == ["offline", "online"])
            assert at.drivers[0].closed == 1
    assert "dock: fault in its driver" in caplog.text
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("script", [["hang"], ["ok", "hang"], ["ok", Batch()]])
async def test_a_reader_that_is_not_wanted_any_more_is_closed_wherever_it_is(
    script: list[Step],
) -> None:
    async with watched(script) as at:
        await within(lambda: len(at.states) >= min(2, len(script)))
    assert at.states[-1][0] == "close"


async def test_reads_go_on_with_their_acknowledgement_and_are_counted() -> None:
    told: list[int] = []
    first = Batch(
        [read(TAGS[0], NOON_NS), read(TAGS[1], NOON_NS + 5)], acknowledge=lambda: told.append(1)
    )
    async with watched(["ok", first, Batch(bad={"frame": 1}), Batch(bad={"frame": 2})]) as at:
        await at.until_connections(2)
        watch = at.supervisor.watches["dock"]
        assert at.reads == first.reads
        assert at.acknowledge == [first.acknowledge]
        assert told == []
        assert watch.bad == {"frame": 3}
        assert (watch.reads, watch.last_read_ns) == (2, NOON_NS + 5)
        assert watch.last_message_ns is not None


async def test_an_antenna_that_is_pulled_out_is_told_at_once_and_once() -> None:
    out, back = Batch(antennas={1: "disconnected"}), Batch(antennas={1: "connected"})
    async with watched(["ok", out, out, back, LOST], ["ok"]) as at:
        await at.until_connections(2)
        await within(lambda: at.shown[-1] == "online")
        antennas = [
            (news.state, news.antennas) for news in at.news if isinstance(news, ReaderHealth)
        ]
        assert antennas == [
            ("connecting", {}),
            ("online", {}),
            ("online", {1: "disconnected"}),
            ("online", {1: "connected"}),
            ("offline", {1: "unknown"}),
            ("online", {1: "unknown"}),
        ]


async def test_a_clock_is_told_when_it_is_first_known_and_when_it_jumps() -> None:
    stated = [5, 90, 104, 150, 205, -300]
    batches = [Batch(clock_offset_ns=ms * MILLISECOND_NS) for ms in stated]
    async with watched(["ok", *batches, LOST]) as at:
        await at.until_connections(2)
        told = [news.offset_ns for news in at.news if isinstance(news, ClockOffset)]
        assert told[0] == 5 * MILLISECOND_NS
        assert told[-1] == -300 * MILLISECOND_NS
        assert at.supervisor.watches["dock"].clock_offset_ns == -300 * MILLISECOND_NS


async def test_a_clock_that_drifts_slowly_is_told_each_tenth_of_a_second() -> None:
    batches = [Batch(clock_offset_ns=ms * MILLISECOND_NS) for ms in range(0, 400, 40)]
    async with watched(["ok", *batches, LOST]) as at:
        await at.until_connections(2)
        told = [news.offset_ns for news in at.news if isinstance(news, ClockOffset)]
        assert told == [0, 120 * MILLISECOND_NS, 240 * MILLISECOND_NS, 360 * MILLISECOND_NS]
