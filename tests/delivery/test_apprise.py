"""Short texts through Apprise, to a web server of our own."""

import asyncio
import json
import logging
import subprocess
import sys

import pytest
from pydantic import ValidationError

from delivery import apprise as apprise_module
from delivery.apprise import APPRISE_MISSING, THREADS_MAX, AppriseSender
from delivery.attempt import Surroundings
from delivery.channel_kinds import AppriseChannel
from delivery.channels import open_channel
from gateway.site import SiteError, parse_site
from tests.delivery.letters import HOSTILE, changed, letter_of, notice_letter, trial_letter
from tests.delivery.made import T0_NS, alert
from tests.delivery.receiver import HANG, Receiver, listening, reply

# Of what its services import.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SITE = (
    "site: {name: depot}\nzones: [{name: hall}]\n"
    "channels:\n  - {name: chat, kind: apprise, urls: ['json://h/']}\n"
)


def channel(*urls: str, **more: object) -> AppriseChannel:
    return AppriseChannel.model_validate({"name": "guards", "urls": urls, **more})


def sender_to(*urls: str, **more: object) -> AppriseSender:
    return AppriseSender(channel(*urls, **more), Surroundings(site="Depot 1"))


def url_of(receiver: Receiver, path: str = "hook") -> str:
    return f"json://127.0.0.1:{receiver.port}/{path}"


async def test_the_short_text_arrives(receiver: Receiver) -> None:
    attempt = await sender_to(url_of(receiver)).send(letter_of(), T0_NS)
    assert attempt.outcome == "done"
    told = json.loads(receiver.posts[0].body)
    assert told["message"].startswith("CRITICAL raised: laptop-7 hall -> gate")
    assert len(told["message"]) <= 160
    assert told["type"] == "failure"


async def test_only_the_url_that_failed_is_tried_again(receiver: Receiver) -> None:
    async with listening() as other:
        other.answers = [reply(500)]
        sender = sender_to(url_of(receiver), url_of(other, "token-4711"))
        first = await sender.send(letter_of(), T0_NS)
        assert first.outcome == "retry"
        assert first.reason.startswith("url 2 (")
        assert "4711" not in first.reason
        assert [part.to[:5] for part in first.parts] == ["url 1"]
        assert (await sender.send(letter_of(), T0_NS)).outcome == "done"
        again = sender_to(url_of(receiver), url_of(other, "token-4711"))
        await again.send(letter_of(parts=first.parts), T0_NS)
    assert (len(receiver.posts), len(other.posts)) == (1, 3)


async def test_a_service_that_hangs_is_given_up_in_time_and_bounded(receiver: Receiver) -> None:
    receiver.answers = [HANG] * THREADS_MAX
    sender = sender_to(url_of(receiver), timeout_s=0.05)
    attempts = [
        await sender.send(letter_of(transitions=at), T0_NS) for at in range(1, THREADS_MAX + 2)
    ]
    assert {attempt.outcome for attempt in attempts} == {"retry"}
    assert "no answer within 0.05 s" in attempts[0].reason
    assert "earlier calls still hang" in attempts[-1].reason


async def test_neither_reasons_nor_logs_hold_the_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    urls = ("json://hunter2:hunter2@127.0.0.1:1/hunter2", "nosuch://hunter2", "tgram://hunter2")
    attempt = await sender_to(*urls).send(letter_of(), T0_NS)
    assert attempt.outcome == "retry"
    assert "url 1" in attempt.reason
    assert "Apprise can not use this URL" in attempt.reason
    assert "hunter2" not in attempt.reason + caplog.text
    assert "hunter2" not in repr(channel(*urls))


async def test_a_fault_in_a_service_is_an_answer(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    def broken() -> object:
        raise RuntimeError("token hunter2")

    monkeypatch.setattr(apprise_module, "_apprise", broken)
    attempt = await sender_to(url_of(receiver)).send(letter_of(), T0_NS)
    assert attempt.reason.endswith("fault in the service: RuntimeError")


async def test_names_stay_what_they_are(receiver: Receiver) -> None:
    one = changed(alert(asset=HOSTILE), rule=HOSTILE)
    await sender_to(url_of(receiver)).send(letter_of(one=one), T0_NS)
    text = json.loads(receiver.posts[0].body)["message"]
    assert text.isprintable()
    assert "<b>" in text


async def test_severity_decides_what_is_sent(receiver: Receiver) -> None:
    sender = sender_to(url_of(receiver), severity_min="critical")
    assert (await sender.send(letter_of(severity="info"), T0_NS)).outcome == "done"
    assert receiver.posts == []
    await sender.send(notice_letter(), T0_NS)
    await sender.send(trial_letter(), T0_NS)
    assert len(receiver.posts) == 2


async def test_without_apprise_check_and_opening_say_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await asyncio.to_thread(parse_site, SITE)

    def nowhere(_name: str) -> None:
        return None

    monkeypatch.setattr(apprise_module, "find_spec", nowhere)
    with pytest.raises(ValueError, match="guards: needs Apprise: install it with pip install"):
        open_channel(channel("json://h/"))
    with pytest.raises(SiteError) as caught:
        await asyncio.to_thread(parse_site, SITE)
    (problem,) = caught.value.problems
    assert str(problem) == f"site.yaml:4: channels[chat].kind: {APPRISE_MISSING}"
    assert (await asyncio.to_thread(parse_site, SITE, env=None)).settings.channels


def test_apprise_is_imported_only_when_it_is_used() -> None:
    code = "import sys, delivery.channels, gateway.site; sys.exit('apprise' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


@pytest.mark.parametrize("url", ["", "hunter2", "http//h", "://h", "tgram://"])
def test_what_is_no_url_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        channel(url)
    assert "hunter2" not in str(caught.value)
