"""The HTTP server's application, put together without globals."""

from collections.abc import Callable
from importlib.metadata import version
from time import monotonic
from typing import Any

from fastapi import FastAPI, Request
from prometheus_client import CollectorRegistry
from starlette.routing import Route as PathRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access import Access, CheckKey
from api.desk import Desk
from api.entrance import Entrance, Hosts
from api.headers import SafeHeaders
from api.key_uses import KeyUses
from api.log_ins import LogIns
from api.live import LIVE_PATH, LiveLimits, Lives, live
from api.long_answers import LongAnswers, LongLimits
from api.names import register_names
from api.once import InFlight
from api.openapi import finish
from api.problems import answer_problems
from api.rates import Rates
from api.request_log import RequestLog
from api.route import add_route
from api.routes import ROUTES
from api.session_book import SessionBook
from api.settings import SessionSettings
from api.sights import Sights
from api.stream import StreamLimits, Streams
from api.surroundings import SLOW_QUESTIONS_AT_ONCE, ask_in_threads
from api.wire import note_wire
from history.passwords import Passwords
from history.questions import StateQuestions
from history.sessions import SessionLimits

VERSION = version("tagwarden")
USUAL_LIMITS = SessionSettings().limits
_ABOUT = "Which zone each tag is in, where each asset was, and which one has left its geofence."


class Api(FastAPI):
    """The application; `streams` are those who listen now, `key_uses` tells who was here."""

    streams: Streams
    lives: Lives
    key_uses: KeyUses
    session_book: SessionBook
    log_ins: LogIns
    hosts: Hosts = tuple

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; what follows the stream finds the connection in the scope."""
        note_wire(scope, send)
        await super().__call__(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        """All of it behind the entrance; the answer to a surprise has safe headers too."""
        entrance = Entrance(super().build_middleware_stack(), self.hosts)
        return RequestLog(SafeHeaders(entrance))

    def openapi(self) -> dict[str, Any]:
        """Describe the routes, with words and examples."""
        if self.openapi_schema is None:
            self.openapi_schema = finish(super().openapi(), ROUTES)
        return self.openapi_schema

    def allowed(self, request: Request) -> list[str]:
        """The methods that the path of this request knows."""
        path = request.scope["path"]
        return sorted(
            method
            for route in self.routes
            if isinstance(route, PathRoute) and route.path_regex.match(path)
            for method in route.methods or ()
        )


def create_app(  # noqa: PLR0913 -- it joins what the API is made of
    desk: Desk,
    questions: StateQuestions,
    check_key: CheckKey,
    metrics: CollectorRegistry,
    limits: StreamLimits | None = None,
    *,
    long_limits: LongLimits | None = None,
    live_limits: LiveLimits | None = None,
    hosts: Hosts = tuple,
    rates: Rates | None = None,
    session_limits: Callable[[], SessionLimits] = USUAL_LIMITS,
    passwords: Passwords | None = None,
) -> Api:
    """Put the application together.

    `desk` takes the changes, `questions` answer from the history, `check_key` says whose
    key it is, `metrics` is what `/metrics` shows and gets the metrics of the streams, `hosts`
    gives the names under which it is reached beside those of the machine, `session_limits`
    how long sessions last; `passwords` are other ones for tests.
    Call `streams.end_all()` of the application before the server stops.
    """
    app = Api(
        title="Tagwarden",
        version=VERSION,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    ask = ask_in_threads()
    app.hosts = hosts
    sights = Sights(desk)
    app.streams = Streams(desk, questions, ask, metrics, limits or StreamLimits(), sees=sights.sees)
    app.lives = Lives(desk, sights, metrics, live_limits or LiveLimits())
    app.state.lives = app.lives
    app.state.desk = desk
    app.state.sights = sights
    app.state.questions = questions
    app.state.ask = ask
    app.state.ask_slowly = ask_in_threads(SLOW_QUESTIONS_AT_ONCE)
    app.state.access = Access(
        check_key, monotonic, clock=lambda: desk.clock(), rates=rates, metrics=metrics
    )
    app.session_book = SessionBook(desk, questions, ask, session_limits, monotonic)
    app.log_ins = LogIns(desk, questions, ask, monotonic, passwords)
    app.state.sessions, app.state.log_ins = app.session_book, app.log_ins
    app.key_uses = KeyUses(desk, lambda: desk.clock())
    app.state.access.note_use = app.key_uses.note
    app.state.in_flight = InFlight()
    app.state.metrics = metrics
    app.state.long_answers = LongAnswers(metrics, long_limits or LongLimits())
    app.state.streams = app.streams
    answer_problems(app, app.allowed)
    register_names()
    for route in ROUTES:
        add_route(app, route)
    app.router.add_websocket_route(LIVE_PATH, live)
    return app
