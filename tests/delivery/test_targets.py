import asyncio
import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.attempt import Attempt
from delivery.settings import WebhookChannel
from delivery.targets import SystemResolver, TargetRefusedError, admitted, refusal
from delivery.webhook import WebhookSender
from tests.delivery.made import SECRET, T0_NS, delivery, webhook
from tests.delivery.receiver import Receiver

INSIDE = [
    "127.0.0.1",
    "127.8.9.10",
    "::1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "fd00::1",
    "fec0::1",
    "192.0.0.170",
    "192.88.99.1",
    "64:ff9b:1::7f00:1",
    "5f00::1",
    "2001:db8::1",
]
NOWHERE = [
    "0.0.0.0",  # noqa: S104 - a target, not a listener
    "::",
    "169.254.169.254",
    "fe80::1",
    "fe80::1%lo",
    "224.0.0.1",
    "ff02::1",
    "240.0.0.1",
    "255.255.255.255",
    "::7f00:1",
    "4000::1",
]
OUTSIDE = ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111"]


def wrapped(address: str) -> list[str]:
    """The IPv6 spellings of an IPv4 address."""
    word = int.from_bytes(socket.inet_aton(address))
    high, low = f"{word >> 16:x}", f"{word & 0xFFFF:x}"
    return [f"::ffff:{address}", f"64:ff9b::{high}:{low}", f"2002:{high}:{low}::1"]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_needs_allow_private(address: str) -> None:
    assert "set allow_private: true to allow it" in (refusal(address, allow_private=False) or "")
    assert refusal(address, allow_private=True) is None


@pytest.mark.parametrize("address", NOWHERE)
@pytest.mark.parametrize("allow_private", [True, False])
def test_an_address_that_is_no_host_is_always_refused(address: str, allow_private: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert (refusal(address, allow_private=allow_private) or "").startswith(f"{address} is a")


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_ordinary_public_address_is_allowed(address: str) -> None:
    assert refusal(address, allow_private=False) is None


@given(st.ip_addresses(v=4).map(str))
def test_an_ipv4_address_is_judged_alike_in_every_ipv6_wrapping(address: str) -> None:
    for spelling in wrapped(address):
        judged = refusal(spelling, allow_private=False)
        assert (judged is None) == (refusal(address, allow_private=False) is None)


@given(st.ip_addresses().filter(lambda address: not address.is_global).map(str))
def test_no_address_that_is_not_global_is_allowed(address: str) -> None:
    assert refusal(address, allow_private=False) is not None or wrapped_global(address)


def wrapped_global(address: str) -> bool:
    """Whether an IPv6 address is refused by Python alone because it holds an IPv4 one."""
    return address.startswith(("2002:", "64:ff9b:", "::ffff:"))


async def test_a_name_that_points_inside_and_outside_is_refused() -> None:
    async def both(host: str, port: int) -> list[str]:
        del host, port
        return ["1.1.1.1", "127.0.0.1"]

    with pytest.raises(TargetRefusedError, match=r"hook.example: 127.0.0.1 is a loopback"):
        await admitted("hook.example", 443, both, allow_private=False)


async def test_a_name_without_an_address_is_an_os_error() -> None:
    async def none(host: str, port: int) -> list[str]:
        del host, port
        return []

    with pytest.raises(OSError, match=r"hook\.example has no address"):
        await admitted("hook.example", 443, none, allow_private=False)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "0.0.0.0",  # noqa: S104 - a target, not a listener
        "0",
        "169.254.169.254",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "localhost",
        "LOCALHOST",
        "user@127.0.0.1",
    ],
)
async def test_no_spelling_of_a_host_reaches_this_machine(host: str, receiver: Receiver) -> None:
    url = f"https://{host}:{receiver.port}/hook"
    # The site file refuses most of them; the sender does not rely on that.
    settings = webhook("https://example.net/").model_copy(
        update={"url": url, "allow_private": False}
    )
    attempt = await WebhookSender(settings).send(delivery(), T0_NS)
    assert attempt.outcome == "refused"
    assert attempt.reason.startswith("not sent: ")
    assert receiver.connections == 0


async def test_a_lookup_that_hangs_holds_one_thread_however_often_it_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, answer = list[str](), threading.Event()

    def slow(host: str, port: int, **more: object) -> list[tuple[object, ...]]:
        del port, more
        asked.append(host)
        answer.wait()
        return [(0, 0, 0, "", ("192.0.2.1", 0)), (0, 0, 0, "", ("192.0.2.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    resolve = SystemResolver()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await resolve("hook.example", 443)
    answer.set()
    assert await resolve("hook.example", 443) == ["192.0.2.1"]
    assert asked == ["hook.example"]


async def test_a_failed_lookup_is_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()

    def failing(host: str, port: int, **more: object) -> None:
        del port, more
        asked.append(host)
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(socket, "getaddrinfo", failing)
    resolve = SystemResolver()
    for _ in range(2):
        with pytest.raises(OSError, match="try again"):
            await resolve("hook.example", 443)
    assert asked == ["hook.example"] * 2


async def test_a_name_that_can_not_be_looked_up_is_tried_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(*asked: object, **more: object) -> None:
        del asked, more
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", failing)
    settings = WebhookChannel.model_validate(
        {"name": "guards", "kind": "webhook", "url": "https://hook.example/", "secret": SECRET}
    )
    attempt = await WebhookSender(settings).send(delivery(), T0_NS)
    assert attempt == Attempt(
        "retry", f"not answered: [Errno {socket.EAI_NONAME}] Name or service not known"
    )
