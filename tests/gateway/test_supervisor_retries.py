"""The supervisor tries again soon enough, and counts what came to nothing."""

import pytest

from gateway.supervisor import BACKOFF_S, MISCONFIGURED_RETRY_S
from readers.driver import ReaderLostError, ReaderMisconfiguredError
from readers.llrp.settings import LlrpSettings
from tests.gateway.made import within
from tests.gateway.supervised import watched

RECONNECT_S = 10.0


def test_a_reader_that_is_back_is_heard_within_ten_seconds() -> None:
    tried_in_vain_s = LlrpSettings(name="dock", address="h").quiet_s
    assert tried_in_vain_s + max(BACKOFF_S) < RECONNECT_S


def test_what_is_corrected_soon_is_heard_within_ten_seconds_and_later_within_a_minute() -> None:
    assert MISCONFIGURED_RETRY_S[1] < RECONNECT_S
    assert max(MISCONFIGURED_RETRY_S) == 60.0


async def test_a_reader_that_refuses_for_long_is_asked_less_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gateway.supervisor.MISCONFIGURED_RETRY_S", (60.0, 0.0, 0.0, 60.0))
    wrong = ReaderMisconfiguredError("dock: antenna 9 does not exist (1-4)")
    async with watched([wrong], [wrong], [wrong], ["ok"]) as at:
        await within(lambda: [driver.closed for driver in at.drivers] == [1, 1, 1])
        assert at.shown == ["connecting", "misconfigured"]


async def test_what_was_thrown_away_before_a_connection_came_about_is_counted() -> None:
    garbled = ReaderLostError("dock: lost sync")
    garbled.bad = {"frame": 1}
    async with watched([garbled], [garbled]) as at:
        await at.until_connections(3)
        assert at.supervisor.watches["dock"].bad == {"frame": 2}
