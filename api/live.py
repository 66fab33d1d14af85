"""The live map over a WebSocket: binary frames, at most five a second, the newest state only."""

from functools import partial
from time import monotonic
from typing import NamedTuple

import anyio
import anyio.lowlevel
from prometheus_client import CollectorRegistry
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from api.access import admit, still_admitted
from api.desk import Desk
from api.followers import Follower, FollowerLimits, Followers, Reason, Recheck
from api.live_map import LiveMap, View
from api.origins import may_open_socket
from api.problems import ProblemError
from api.sights import Sights
from api.wire import NoWireError, Wire
from history.callers import Caller, Scope

LIVE_PATH = "/api/v1/live"
WRITES_IN_A_ROW = 64
_UPGRADE = (
    "The live map is a WebSocket: ask with 'Connection: Upgrade' and 'Upgrade: websocket', and let "
    "each proxy on the way pass both on."
)
_UNWANTED, _DENIED, _RESTARTING = 1003, 1008, 1012


class LiveLimits(NamedTuple):
    """How many and how often; the times are in seconds. `pause_s` lies between two frames.

    Without news there is a frame after `beat_s`.
    """

    followers: FollowerLimits = FollowerLimits()
    pause_s: float = 0.2
    beat_s: float = 1.0


class Watcher(Follower):
    """One client of the map, with the number of the newest frame that it was given."""

    def __init__(self, wire: Wire, caller: Caller, recheck: Recheck) -> None:
        super().__init__(wire, caller, recheck)
        self._view: View | None = None
        self._known = 0
        self._has_missed = True
        self._wrote_s = monotonic()

    def is_due(self, view: View, *, is_news: bool, beat_s: float) -> bool:
        """Whether it wants a frame: there is news, it has missed some, or it waits for long."""
        if view is not self._view:
            self._view, self._known = view, 0
            self._has_missed = True
        return is_news or self._has_missed or monotonic() - self._wrote_s >= beat_s

    def give(self, view: View, number: int) -> None:
        """Give it what leads to the newest frame."""
        self.wire.write(view.frame(self._known))
        self._known = number
        self._has_missed = False
        self._wrote_s = monotonic()

    def miss(self) -> None:
        """It has not taken the former frame yet."""
        self._has_missed = True


class Lives(Followers[Watcher]):
    """Everybody who watches the map now."""

    def __init__(
        self,
        desk: Desk,
        sights: Sights,
        metrics: CollectorRegistry,
        limits: LiveLimits,
    ) -> None:
        super().__init__("live_map", metrics, limits.followers)
        self._desk = desk
        self._sights = sights
        self._pause_s = limits.pause_s
        self._beat_s = limits.beat_s
        self._map = LiveMap()
        self._views: dict[Scope, View] = {}
        self._number = 0

    async def tell(self) -> None:
        """Tell all watchers what changed, for ever."""
        self._map, self._number = LiveMap(), 0
        self._views.clear()
        while True:
            await self._tell()
            await anyio.sleep(self._pause_s)

    async def _tell(self) -> None:
        news = await self._desk.live(self._number)
        self._number = news.number
        changed, gone, anew = self._map.take(news)
        scopes = dict.fromkeys(watcher.caller.scope for watcher in self.all)
        self._views = {scope: self._view(scope) for scope in scopes}
        has_news = {
            scope: view.advance(changed, gone, anew=anew) for scope, view in self._views.items()
        }
        for place, watcher in enumerate(list(self.all), start=1):
            scope = watcher.caller.scope
            if scope in self._views:
                self._serve(watcher, self._views[scope], is_news=has_news[scope])
            if place % WRITES_IN_A_ROW == 0:
                await anyio.lowlevel.checkpoint()

    def _view(self, scope: Scope) -> View:
        kept = self._views.get(scope)
        return View(self._map, partial(self._sights.of, scope)) if kept is None else kept

    def _serve(self, watcher: Watcher, view: View, *, is_news: bool) -> None:
        number = self._map.number
        if not watcher.is_due(view, is_news=is_news, beat_s=self._beat_s):
            return
        if watcher.is_ready:
            watcher.give(view, number)
        else:
            watcher.miss()


async def live(websocket: WebSocket) -> None:
    """Let somebody watch the map. What a client says ends it: there is nothing to say."""
    lives: Lives = websocket.app.state.lives
    caller = await admit(websocket, "look")
    if not may_open_socket(websocket):
        raise ProblemError(403, "The page that asks for the live map is not ours.")
    lives.make_room(caller)
    try:
        wire = Wire(websocket.scope)
    except NoWireError as error:
        raise ProblemError(501, "This server can not show the live map.") from error
    await websocket.accept()
    watcher = Watcher(wire, caller, partial(still_admitted, websocket, "look"))
    lives.add(watcher)
    try:
        said = await watcher.until_over(websocket.receive)
    finally:
        lives.discard(watcher)
    if said != "websocket.disconnect":
        await websocket.close(_code(said, watcher.reason))


async def live_without_upgrade(request: Request) -> Response:
    """Say to a plain request what the live map wants: 426, to whoever may look."""
    await admit(request, "look")
    raise ProblemError(426, _UPGRADE, headers={"upgrade": "websocket", "connection": "upgrade"})


def _code(said: str | None, reason: Reason | None) -> int:
    if said is not None:
        return _UNWANTED
    return _DENIED if reason == "denied" else _RESTARTING
