"""The live map over a real server: full frames, changes, who may see what, and slow clients."""

import asyncio
import json
import re
import shutil
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
from prometheus_client import CollectorRegistry
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.access import keys_in
from api.app import Api, create_app
from api.followers import FollowerLimits
from api.live import LiveLimits
from history.questions import StateQuestions
from tests.api.fake_gateway import FakeDesk, client_of
from tests.api.fake_map import PLACES, TIME_NS, item
from tests.api.serving import serving

DOCS = (Path(__file__).parents[2] / "docs" / "live.md").read_text()
LIVE_URL = "http://localhost/api/v1/live"
LIMITS = LiveLimits(FollowerLimits(3, 2, stalled_s=1.0, recheck_s=0.1), pause_s=0.02, beat_s=0.1)


class Decoder(Protocol):
    items: dict[int, dict[str, Any]]
    words: dict[str, Any]
    number: int
    seq: float

    def take(self, frame: bytes) -> None: ...


def example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", DOCS, re.DOTALL)
    assert found is not None
    assert found[1].count("\n") < 60
    return found[1]


def decoder() -> Decoder:
    names: dict[str, Any] = {}
    exec(compile(example("python"), "docs/live.md", "exec"), names)  # noqa: S102 -- our own docs
    made: Decoder = names["Map"]()
    return made


def shown(known: Decoder) -> dict[str, str | None]:
    return {each["name"]: each["zone"] for each in known.items.values()}


@pytest.fixture
def live_app(
    desk: FakeDesk, questions: StateQuestions, state_path: Path, keys: dict[str, str]
) -> Api:
    del keys
    check = keys_in(state_path)
    return create_app(desk, questions, check, CollectorRegistry(), live_limits=LIMITS)


@pytest.fixture
async def address(live_app: Api) -> AsyncIterator[str]:
    async with serving(live_app) as url:
        try:
            yield url.replace("http", "ws") + "/api/v1/live"
        finally:
            live_app.lives.end_all()


@asynccontextmanager
async def watching(
    address: str,
    key: str,
    **others: Any,  # noqa: ANN401 -- for the client
) -> AsyncGenerator[ClientConnection]:
    headers = {"authorization": f"Bearer {key}"}
    async with connect(address, additional_headers=headers, compression=None, **others) as client:
        yield client


async def take(client: ClientConnection, known: Decoder) -> bytes:
    async with asyncio.timeout(10):
        frame = await client.recv()
    assert isinstance(frame, bytes)
    known.take(frame)
    return frame


async def take_until(
    client: ClientConnection, known: Decoder, there: dict[str, str | None]
) -> None:
    async with asyncio.timeout(10):
        while shown(known) != there:
            await take(client, known)


async def test_a_full_frame_comes_first_and_then_what_changed(
    address: str, keys: dict[str, str], desk: FakeDesk
) -> None:
    desk.map.put(item("L1", "hall", x_m=12.5, y_m=3.25, floor="ground", alert="critical"))
    desk.map.put(item("e280", "gate", is_tag=True, is_provisional=True))
    desk.map.put(item("L2", is_unknown=True))
    known = decoder()
    async with watching(address, keys["viewer"]) as client:
        frame = await take(client, known)
        assert frame[1] == 1
        by_name = {each["name"]: each for each in known.items.values()}
        assert by_name["L1"]["at_m"] == pytest.approx((12.5, 3.25), abs=0.002)
        assert by_name["L1"]["alert"] == "critical"
        assert (by_name["e280"]["tag"], by_name["e280"]["provisional"]) == (True, True)
        assert (by_name["L2"]["unknown"], by_name["L2"]["at_m"]) == (True, None)
        desk.map.put(item("L1", "gate"), item("L3", None))
        desk.map.remove("L2")
        await take_until(client, known, {"L1": "gate", "e280": "gate", "L3": None})
        frame = await take(client, known)
        assert (frame[1], len(frame)) == (2, 40)


async def test_frames_say_up_to_which_decision_they_are_true(
    address: str, keys: dict[str, str], desk: FakeDesk
) -> None:
    known = decoder()
    async with watching(address, keys["viewer"]) as client:
        await take(client, known)
        assert known.seq == 0
        await desk.happen(desk.health[0])
        async with asyncio.timeout(10):
            while known.seq != 1:
                await take(client, known)


def _by_number(pairs: list[tuple[str, Any]]) -> dict[str | int, Any]:
    return {int(name) if name.isdigit() else name: value for name, value in pairs}


async def test_the_javascript_decoder_sees_what_the_python_one_sees(
    address: str, keys: dict[str, str], desk: FakeDesk, tmp_path: Path
) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no node on this machine")
    desk.map.put(*(item(f"asset {n} \N{SNOWMAN}", x_m=n, y_m=n / 3) for n in range(50)))
    known, frames = decoder(), list[bytes]()
    async with watching(address, keys["viewer"]) as client:
        frames.append(await take(client, known))
        desk.map.put(item("asset 3 \N{SNOWMAN}", "gate", alert="warning"), item("new", None))
        desk.map.remove("asset 7 \N{SNOWMAN}")
        while "new" not in shown(known):
            frames.append(await take(client, known))
    for n, frame in enumerate(frames):
        _ = (tmp_path / f"{n}.bin").write_bytes(frame)
    script = tmp_path / "take.js"
    _ = script.write_text(
        example("javascript")
        + "const map = new LiveMap();\n"
        + "for (const path of process.argv.slice(2)) {\n"
        + "  map.take(new Uint8Array(require('fs').readFileSync(path)).buffer);\n}\n"
        + "console.log(JSON.stringify([map.number, [...map.items]]));\n"
    )
    paths = [str(tmp_path / f"{n}.bin") for n in range(len(frames))]
    process = await asyncio.create_subprocess_exec(
        node, str(script), *paths, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    number, items = json.loads(said)
    assert number == known.number
    assert dict(items) == json.loads(json.dumps(known.items), object_pairs_hook=_by_number)


async def test_what_happens_meanwhile_is_told_at_most_as_often_as_promised(
    address: str, keys: dict[str, str], desk: FakeDesk
) -> None:
    known, loop = decoder(), asyncio.get_running_loop()
    async with watching(address, keys["viewer"]) as client:
        await take(client, known)
        began_s, frames = loop.time(), 0
        while loop.time() - began_s < 0.5:
            desk.map.put(item("L1", "hall", heard_ns=TIME_NS + frames))
            await take(client, known)
            frames += 1
    assert frames <= 0.5 / LIMITS.pause_s + 2


async def test_another_site_file_makes_a_full_frame(
    address: str, keys: dict[str, str], desk: FakeDesk
) -> None:
    desk.map.put(item("L1", "gate"))
    known = decoder()
    async with watching(address, keys["viewer"]) as client:
        await take(client, known)
        desk.map.places = PLACES._replace(version="v2", zones=PLACES.zones[::-1])
        kinds: list[int] = []
        async with asyncio.timeout(10):
            while known.words["site"] != "v2":
                kinds.append((await take(client, known))[1])
        assert kinds[-1] == 1
        assert shown(known) == {"L1": "gate"}


async def test_zones_that_nobody_hears_are_named(
    address: str, keys: dict[str, str], desk: FakeDesk
) -> None:
    known = decoder()
    async with watching(address, keys["viewer"]) as client:
        await take(client, known)
        assert known.words["unheard"] == []
        desk.map.unheard = ("gate",)
        async with asyncio.timeout(10):
            while known.words["unheard"] != [2]:
                await take(client, known)


@pytest.mark.parametrize("role", ["", "ingest"])
async def test_who_may_not_look_is_refused(address: str, keys: dict[str, str], role: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with watching(address, keys.get(role, "tw_unknown-key")):
            pass
    assert refused.value.response.status_code == (403 if role else 401)
    assert refused.value.response.headers["content-type"] == "application/problem+json"


async def test_no_key_is_taken_from_the_address(address: str, keys: dict[str, str]) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"{address}?key={keys['viewer']}&access_token={keys['viewer']}"):
            pass
    assert refused.value.response.status_code == 401


@pytest.mark.parametrize("origin", ["http://elsewhere.example", "null", "http://127.0.0.1:1"])
async def test_the_page_of_another_site_is_refused(
    address: str, keys: dict[str, str], origin: str
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with watching(address, keys["viewer"], origin=origin):
            pass
    assert refused.value.response.status_code == 403


async def test_our_own_page_is_let_in(address: str, keys: dict[str, str]) -> None:
    origin = address.replace("ws", "http").removesuffix("/api/v1/live")
    async with watching(address, keys["viewer"], origin=origin) as client:
        await take(client, decoder())


async def test_too_many_clients_are_told_to_come_back_later(
    address: str, keys: dict[str, str]
) -> None:
    async with watching(address, keys["viewer"]), watching(address, keys["viewer"]):
        with pytest.raises(InvalidStatus) as refused:
            async with watching(address, keys["viewer"]):
                pass
        assert refused.value.response.status_code == 429
        async with watching(address, keys["guard"]):
            with pytest.raises(InvalidStatus) as refused:
                async with watching(address, keys["operator"]):
                    pass
            assert refused.value.response.status_code == 503


async def test_a_client_that_talks_is_sent_away(address: str, keys: dict[str, str]) -> None:
    async with watching(address, keys["viewer"]) as client:
        await client.send("hello")
        with pytest.raises(ConnectionClosed):
            async for _ in client:
                pass
    assert client.close_code == 1003


async def test_a_watcher_goes_when_its_key_is_withdrawn(
    address: str, keys: dict[str, str], desk: FakeDesk, live_app: Api
) -> None:
    async with watching(address, keys["viewer"]) as client:
        await take(client, decoder())
        _ = await asyncio.to_thread(desk.state.execute, "DELETE FROM api_keys")
        live_app.state.access.keys._kept.clear()
        with pytest.raises(ConnectionClosed):
            async for _ in client:
                pass
    assert client.close_code == 1008


async def test_all_watchers_go_when_the_gateway_stops(
    address: str, keys: dict[str, str], live_app: Api
) -> None:
    async with watching(address, keys["viewer"]) as client:
        await take(client, decoder())
        live_app.lives.end_all()
        with pytest.raises(ConnectionClosed):
            async for _ in client:
                pass
    assert client.close_code == 1012


def sample(app: Api, name: str, labels: dict[str, str] | None = None) -> float:
    value: float | None = app.state.metrics.get_sample_value(name, labels or {})
    return value or 0.0


async def test_a_client_that_takes_nothing_is_cut_and_counted(
    address: str, keys: dict[str, str], desk: FakeDesk, live_app: Api
) -> None:
    desk.map.put(*(item(f"a rather long name of an asset {n:06}") for n in range(20_000)))
    host, port = address.removeprefix("ws://").partition("/")[0].split(":")
    loop = asyncio.get_running_loop()
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.setblocking(False)  # noqa: FBT003 -- the name of the method says it
        await loop.sock_connect(deaf, (host, int(port)))
        head = (
            f"GET /api/v1/live HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {keys['viewer']}"
            "\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13"
            "\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        await loop.sock_sendall(deaf, head.encode())
        assert await loop.sock_recv(deaf, 12) == b"HTTP/1.1 101"
        async with asyncio.timeout(10):
            while not sample(live_app, "tagwarden_live_maps_ended_total", {"reason": "slow"}):
                desk.map.put(item("L1", "gate"))
                await asyncio.sleep(0.01)
    assert sample(live_app, "tagwarden_live_map_clients") == 0


async def test_without_an_upgrade_it_says_what_is_wanted_to_whoever_may_look(
    live_app: Api, keys: dict[str, str]
) -> None:
    async with client_of(live_app, keys["viewer"]) as client:
        answer = await client.get(LIVE_URL)
    assert (answer.status_code, answer.headers["upgrade"]) == (426, "websocket")
    assert "proxy" in answer.json()["detail"]
    async with client_of(live_app, None) as stranger:
        assert (await stranger.get(LIVE_URL)).status_code == 401
