import json
import ssl
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from delivery import webhook as webhook_module
from delivery.attempt import DONE
from delivery.targets import Resolve
from delivery.webhook import WebhookSender, judge_reply, retry_after_s, signed_headers
from tags.times import SECOND_NS
from tests.delivery.letters import HOSTILE, letter_of
from tests.delivery.made import OLD_SECRET, SECRET, T0_NS, alert, delivery, webhook
from tests.delivery.receiver import ENDLESS, HANG, HANG_IN_BODY, Receiver, listening, reply

BODY = '{"type":"alert.raised","data":{"asset":"Gerät ☃"}}'


def answering(*addresses: str, asked: list[str] | None = None) -> Resolve:
    """A lookup that gives one address to each question, in turn."""
    left = list(addresses)

    async def resolve(host: str, port: int) -> Sequence[str]:
        del port
        if asked is not None:
            asked.append(host)
        return [left.pop(0)]

    return resolve


async def test_a_post_is_signed_as_the_reference_library_expects(receiver: Receiver) -> None:
    sender = WebhookSender(webhook(receiver.url + "?site=1"))
    assert await sender.send(delivery(BODY), time.time_ns()) == DONE
    (post,) = receiver.posts
    post.verify(SECRET)
    assert post.body == BODY.encode()
    assert post.target == "/hook?site=1"
    assert post.headers["content-type"] == "application/json"
    assert post.headers["webhook-id"] == "msg_1"
    assert post.headers["host"] == f"127.0.0.1:{receiver.port}"


async def test_while_a_secret_changes_both_are_accepted(receiver: Receiver) -> None:
    sender = WebhookSender(webhook(receiver.url, secret=f"{SECRET} {OLD_SECRET}"))
    await sender.send(delivery(BODY), time.time_ns())
    receiver.posts[0].verify(SECRET)
    receiver.posts[0].verify(OLD_SECRET)
    with pytest.raises(WebhookVerificationError):
        receiver.posts[0].verify("whsec_c29tZWJvZHkgZWxzZQ==")


@given(st.text(st.characters(codec="utf-8")), st.binary(min_size=1))
def test_our_signature_is_the_one_of_the_reference_library(body: str, key: bytes) -> None:
    moment = datetime.fromtimestamp(T0_NS // SECOND_NS, UTC)
    ours = signed_headers("msg_1", T0_NS // SECOND_NS, body.encode(), [key])
    assert ours["webhook-signature"] == Webhook(key).sign("msg_1", moment, body)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "done"),
        (204, "done"),
        (299, "done"),
        (301, "refused"),
        (304, "refused"),
        (400, "refused"),
        (401, "refused"),
        (404, "refused"),
        (408, "retry"),
        (410, "gone"),
        (425, "retry"),
        (429, "retry"),
        (500, "retry"),
        (503, "retry"),
        (599, "retry"),
    ],
)
async def test_the_status_decides(status: int, outcome: str, receiver: Receiver) -> None:
    receiver.answers = [reply(status)]
    attempt = await WebhookSender(webhook(receiver.url)).send(delivery(), T0_NS)
    assert attempt.outcome == outcome
    assert (str(status) in attempt.reason) == (outcome != "done")


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200", b"\x15\x03\x01"])
async def test_an_answer_that_is_not_http_is_tried_again(answer: bytes, receiver: Receiver) -> None:
    receiver.answers = [answer]
    attempt = await WebhookSender(webhook(receiver.url)).send(delivery(), T0_NS)
    assert attempt.outcome == "retry"
    assert attempt.reason.startswith("not answered: ")


async def test_nobody_listening_is_tried_again() -> None:
    async with listening() as receiver:
        url = receiver.url
    attempt = await WebhookSender(webhook(url)).send(delivery(), T0_NS)
    assert attempt.outcome == "retry"


async def test_a_receiver_that_hangs_is_tried_again(receiver: Receiver) -> None:
    receiver.answers = [HANG]
    attempt = await WebhookSender(webhook(receiver.url, timeout_s=0.05)).send(delivery(), T0_NS)
    assert (attempt.outcome, attempt.reason) == ("retry", "no answer within 0.05 s")


async def test_an_answer_that_stops_in_its_body_has_answered(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_module, "REPLY_S_MAX", 0.05)
    receiver.answers = [HANG_IN_BODY]
    assert await WebhookSender(webhook(receiver.url)).send(delivery(), T0_NS) == DONE


async def test_of_a_large_answer_only_the_start_is_read(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook_module, "REPLY_S_MAX", 600.0)
    receiver.answers = [reply(200, body=bytes(10_000_000)), ENDLESS]
    sender = WebhookSender(webhook(receiver.url))
    assert await sender.send(delivery(), T0_NS) == DONE
    assert await sender.send(delivery(), T0_NS) == DONE
    await receiver.hung_up.wait()


async def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    async with listening() as inside:
        receiver.answers = [reply(307, f"location: {inside.url}")]
        attempt = await WebhookSender(webhook(receiver.url)).send(delivery(), T0_NS)
        assert attempt.outcome == "refused"
        assert attempt.reason == "answered 307: redirects are not followed"
        assert inside.connections == 0


async def test_proxies_of_the_environment_are_not_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with listening() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert await WebhookSender(webhook(receiver.url)).send(delivery(), T0_NS) == DONE
        assert (receiver.connections, proxy.connections) == (1, 0)


async def test_the_name_is_looked_up_once_for_each_try(receiver: Receiver) -> None:
    asked = list[str]()
    settings = webhook(f"http://hook.example:{receiver.port}/hook")
    sender = WebhookSender(settings, answering("127.0.0.1", "169.254.169.254", asked=asked))
    assert await sender.send(delivery(), T0_NS) == DONE
    assert asked == ["hook.example"]
    assert receiver.posts[0].headers["host"] == f"hook.example:{receiver.port}"
    attempt = await sender.send(delivery(), T0_NS)
    assert attempt.outcome == "refused"
    assert "169.254.169.254 is a link-local address" in attempt.reason
    assert receiver.connections == 1


async def test_an_answer_that_changes_to_loopback_reaches_nobody(receiver: Receiver) -> None:
    settings = webhook(f"https://hook.example:{receiver.port}/", allow_private=False)
    sender = WebhookSender(settings, answering("127.0.0.1", "::ffff:127.0.0.1"))
    for _ in range(2):
        assert (await sender.send(delivery(), T0_NS)).outcome == "refused"
    assert receiver.connections == 0


async def test_the_next_address_is_used_where_nobody_listens_at_the_first(
    receiver: Receiver,
) -> None:
    async def both(host: str, port: int) -> list[str]:
        del host, port
        return ["127.0.0.2", "127.0.0.1"]

    sender = WebhookSender(webhook(f"http://hook.example:{receiver.port}/"), both)
    assert await sender.send(delivery(), T0_NS) == DONE
    assert receiver.connections == 1


async def test_plain_http_without_allow_private_is_not_sent(receiver: Receiver) -> None:
    unchecked = webhook(receiver.url).model_copy(update={"allow_private": False})
    attempt = await WebhookSender(unchecked).send(delivery(), T0_NS)
    assert attempt.reason == "not sent: http:// needs allow_private: true; use https://"
    assert receiver.connections == 0


async def test_tls_goes_to_the_looked_up_address_under_the_name_of_the_url() -> None:
    authority = trustme.CA()
    names = list[str | None]()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("hook.example").configure_cert(server)
    server.sni_callback = lambda _socket, name, _context: names.append(name)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    async with listening(server) as receiver:
        settings = webhook(f"https://hook.example:{receiver.port}/hook")
        sender = WebhookSender(settings, answering("127.0.0.1"), client)
        assert await sender.send(delivery(), T0_NS) == DONE
        assert receiver.posts[0].headers["host"] == f"hook.example:{receiver.port}"
        assert names == ["hook.example"]


async def test_a_certificate_for_another_name_gets_no_message() -> None:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("hook.example").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    async with listening(server) as receiver:
        settings = webhook(f"https://other.example:{receiver.port}/hook")
        attempt = await WebhookSender(settings, answering("127.0.0.1"), client).send(
            delivery(), T0_NS
        )
        assert attempt.outcome == "retry"
        assert "certificate" in attempt.reason
        assert receiver.posts == []


async def test_a_host_that_can_not_be_one_is_refused() -> None:
    attempt = await WebhookSender(webhook("https://0177.0.0.1/")).send(delivery(), T0_NS)
    assert attempt.outcome == "refused"
    assert attempt.reason == "not sent: Invalid IPv4 address: '0177.0.0.1'"


def test_retry_after_is_read_as_seconds_or_date() -> None:
    moment = datetime.fromtimestamp(T0_NS // SECOND_NS, UTC) + timedelta(seconds=90)
    assert retry_after_s(" 120 ", T0_NS) == 120
    assert retry_after_s(format_datetime(moment, usegmt=True), T0_NS) == 90
    assert retry_after_s(format_datetime(moment.replace(tzinfo=None)), T0_NS) == 90
    assert retry_after_s("Sun, 06 Nov 1994 08:49:37 GMT", T0_NS) == 0
    assert retry_after_s("9" * 5000, T0_NS) == 3600
    assert retry_after_s("Fri, 31 Dec 9999 23:59:59 GMT", T0_NS) == 3600


@given(st.text())
def test_any_retry_after_gives_a_wait_within_the_hour(text: str) -> None:
    assert 0 <= retry_after_s(text, T0_NS) <= 3600


@given(st.integers(100, 999), st.text(st.characters(codec="ascii", categories=["L", "N"])))
def test_every_status_has_a_meaning(status: int, text: str) -> None:
    attempt = judge_reply(status, httpx.Headers({"retry-after": text}), T0_NS)
    assert (attempt.outcome == "done") == (200 <= status < 300)


async def test_a_hostile_name_comes_out_as_it_went_in(receiver: Receiver) -> None:
    letter = letter_of(one=alert(asset=HOSTILE))
    assert await WebhookSender(webhook(receiver.url)).send(letter, T0_NS) == DONE
    (post,) = receiver.posts
    assert json.loads(post.body)["data"]["asset"] == HOSTILE
    assert post.body == letter.body.encode()
    assert b"\n" not in post.body
    assert len(post.headers) < 12


@pytest.mark.parametrize("where", ["http://127.0.0.1:9/", "http://[::1]/", "//localhost/", "/"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_to_this_machine_is_not_followed(
    where: str, status: int, receiver: Receiver
) -> None:
    receiver.answers = [reply(status, f"location: {where}")]
    attempt = await WebhookSender(webhook(receiver.url)).send(delivery(), T0_NS)
    assert attempt.outcome == "refused"
    assert len(receiver.posts) == 1


async def test_an_answer_without_end_in_its_head_is_given_up(receiver: Receiver) -> None:
    receiver.answers = [b"HTTP/1.1 200 OK\r\nx: " + bytes([97]) * 10_000_000]
    attempt = await WebhookSender(webhook(receiver.url, timeout_s=2)).send(delivery(), T0_NS)
    assert attempt.outcome == "retry"


async def test_neither_the_secret_nor_the_body_is_in_a_reason(receiver: Receiver) -> None:
    receiver.answers = [reply(500, body=SECRET.encode())]
    attempt = await WebhookSender(webhook(receiver.url)).send(letter_of(), T0_NS)
    assert attempt.reason == "answered 500"
