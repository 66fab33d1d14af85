"""Frames of the live map, folded by a client, whatever it missed: always the newest state."""

import re
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from api.live_map import STEPS_KEPT, LiveMap, View
from api.live_state import is_seen
from history.scope import UNLIMITED, Sight
from tests.api.fake_map import FakeMap, item

DOCS = (Path(__file__).parents[2] / "docs" / "live.md").read_text()
ZONES = ["hall", "hall/shelf", "gate", None]
MOVE = st.tuples(
    st.sampled_from(["put", "remove", "unhear"]),
    st.integers(0, 5),
    st.sampled_from(ZONES),
    st.sampled_from(["", "tools"]),
)
TICKS = st.lists(st.tuples(st.lists(MOVE, max_size=4), st.booleans()), max_size=60)
SIGHTS = [
    UNLIMITED,
    Sight(zones=frozenset({"hall", "hall/shelf"})),
    Sight(groups=frozenset({"tools"})),
    Sight(zones=frozenset({"gate"}), groups=frozenset({"tools"})),
]


class Client:
    """The decoder of the documentation, behind a connection that takes nothing now and then."""

    def __init__(self) -> None:
        found = re.search(r"```python\n(.*?)```", DOCS, re.DOTALL)
        assert found is not None
        names: dict[str, Any] = {}
        exec(compile(found[1], "docs/live.md", "exec"), names)  # noqa: S102 -- our own docs
        self.map: Any = names["Map"]()

    def take(self, view: View) -> bytes:
        message = view.frame(self.map.number)
        head = {126: 4, 127: 10}.get(message[1], 2)
        self.map.take(message[head:])
        return message[head:]

    def shown(self) -> dict[str, str | None]:
        return {each["name"]: each["zone"] for each in self.map.items.values()}


def play(fake: FakeMap, moves: list[tuple[str, int, str | None, str]]) -> None:
    for verb, number, zone, group in moves:
        name = f"L{number}"
        if verb == "put":
            fake.put(item(name, zone, group=group))
        elif verb == "unhear":
            fake.unheard = () if zone is None else (zone,)
        elif name in fake.items:
            fake.remove(name)


@given(TICKS, st.sampled_from(SIGHTS))
@settings(max_examples=150, deadline=None)
def test_whatever_a_client_missed_it_shows_what_a_new_one_shows(
    ticks: list[tuple[list[tuple[str, int, str | None, str]], bool]], sight: Sight
) -> None:
    fake, live, number, client = FakeMap(), LiveMap(), 0, Client()
    view = View(live, lambda: sight)
    for moves, takes in [*ticks, ([], True)]:
        play(fake, moves)
        news = fake.since(number, 0)
        number = news.number
        changed, gone, anew = live.take(news)
        view.advance(changed, gone, anew=anew)
        if takes:
            client.take(view)
            newcomer = Client()
            newcomer.take(view)
            assert client.map.items == newcomer.map.items
            assert client.map.words["unheard"] == newcomer.map.words["unheard"]
            assert client.shown() == {
                each.name: each.zone for each in fake.items.values() if is_seen(each, sight)
            }


def test_who_missed_many_frames_gets_a_full_one() -> None:
    fake, live, client = FakeMap(), LiveMap(), Client()
    view = View(live, lambda: UNLIMITED)
    view.advance(*live.take(fake.since(0, 0))[:2], anew=True)
    client.take(view)
    number = fake.since(0, 0).number
    for step in range(STEPS_KEPT + 1):
        fake.put(item(f"L{step}"))
        news = fake.since(number, 0)
        number = news.number
        changed, gone, anew = live.take(news)
        view.advance(changed, gone, anew=anew)
    assert client.take(view)[1] == 1
    assert len(client.shown()) == STEPS_KEPT + 1


def test_ten_thousand_assets_make_a_full_frame_of_less_than_300_kilobytes() -> None:
    fake, live = FakeMap(), LiveMap()
    fake.put(*(item(f"asset-{n:05}", x_m=n / 200, y_m=1.0) for n in range(10_000)))
    view = View(live, lambda: UNLIMITED)
    news = fake.since(0, 0)
    view.advance(*live.take(news)[:2], anew=True)
    assert len(view.frame(0)) < 300_000
    known = live.number
    fake.put(*(item(f"asset-{n:05}", x_m=n / 100, y_m=2.0) for n in range(1_000)))
    changed, gone, anew = live.take(fake.since(news.number, 0))
    view.advance(changed, gone, anew=anew)
    assert len(view.frame(known)) < 1_000 * 16


def test_frames_are_made_once_for_all_who_see_the_same() -> None:
    fake, live = FakeMap(), LiveMap()
    fake.put(item("L1"))
    view = View(live, lambda: UNLIMITED)
    view.advance(*live.take(fake.since(0, 0))[:2], anew=True)
    assert view.frame(0) is view.frame(0)
