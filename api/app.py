"""The HTTP server's application, put together without globals."""

from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from time import monotonic
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from prometheus_client import CollectorRegistry
from starlette.datastructures import State
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access import Access
from api.answer_figures import AnswerFigures
from api.dashboard import EMPTY, Dashboard, Pages
from api.desk import Desk
from api.entrance import Entrance, Hosts
from api.guarded import HeadedRoute
from api.headers import SafeHeaders
from api.key_uses import KeyUses
from api.known_keys import CheckKey
from api.live import LIVE_PATH, LiveLimits, Lives, live, live_without_upgrade
from api.log_ins import LogIns
from api.long_answers import LongAnswers, LongLimits
from api.names import register_names
from api.once import InFlight
from api.openapi import finish
from api.problems import answer_problems
from api.rates import Rates
from api.request_log import RequestLog
from api.route import add_route
from api.routes import ROUTES
from api.running import image_hosts
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
_OUTSIDE: dict[str, Any] = {
    "title": "Tagwarden",
    "version": VERSION,
    "description": _ABOUT,
    "docs_url": None,
    "redoc_url": None,
    "openapi_url": None,
    "redirect_slashes": False,
}


class Api(FastAPI):
    """The application; `streams` are those who listen now, `key_uses` tells who was here."""

    streams: Streams
    lives: Lives
    key_uses: KeyUses
    session_book: SessionBook
    log_ins: LogIns
    answers: AnswerFigures
    hosts: Hosts = tuple
    pages: Pages = EMPTY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; what follows the stream finds the connection in the scope."""
        note_wire(scope, send)
        await super().__call__(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        """All of it behind the entrance; the answer to a surprise has safe headers too."""
        pages = Dashboard(super().build_middleware_stack(), self.pages, self.image_hosts)
        entrance = Entrance(pages, self.hosts)
        return RequestLog(SafeHeaders(entrance), self.answers.note)

    def image_hosts(self) -> list[str]:
        """The hosts whose images pages may show: those of maps."""
        return image_hosts(self.state.desk.maps().values())

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
            if isinstance(route, HeadedRoute) and route.path_regex.match(path)
            for method in route.verbs()
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
    pages: Pages = EMPTY,
) -> Api:
    """Put the application together.

    `desk` takes the changes, `questions` answer from the history, `check_key` says whose
    key it is, `metrics` is what `/metrics` shows and gets the metrics of the streams, `hosts`
    gives the names under which it is reached beside those of the machine, `session_limits`
    how long sessions last; `passwords` are other ones for tests, `pages` the dashboard.
    Call `streams.end_all()` of the application before the server stops.
    """
    app = Api(**_OUTSIDE)
    ask = ask_in_threads()
    app.hosts, app.pages, app.answers = hosts, pages, AnswerFigures(metrics)
    sights = Sights(desk)
    app.streams = Streams(desk, questions, ask, metrics, limits or StreamLimits(), sees=sights.sees)
    app.lives = Lives(desk, sights, metrics, live_limits or LiveLimits())
    app.session_book = SessionBook(desk, questions, ask, session_limits, monotonic)
    app.log_ins = LogIns(desk, questions, ask, monotonic, passwords)

    def now_ns() -> int:
        return desk.clock()

    app.key_uses = KeyUses(desk, now_ns)
    access = Access(check_key, monotonic, clock=now_ns, rates=rates, metrics=metrics)
    access.note_use, access.forget_displays = app.key_uses.note, app.session_book.forget_displays
    app.state = State(
        {
            "access": access,
            "ask": ask,
            "ask_slowly": ask_in_threads(SLOW_QUESTIONS_AT_ONCE),
            "desk": desk,
            "in_flight": InFlight(),
            "long_answers": LongAnswers(metrics, long_limits or LongLimits()),
            "metrics": metrics,
            "questions": questions,
            "sights": sights,
        }
    )
    _add_routes(app)
    return app


@cache
def _routes() -> list[BaseRoute]:
    """Those of the tables, made once: they hold nothing of any application."""
    register_names()
    router = APIRouter()
    for route in ROUTES:
        add_route(router, route)
    return router.routes


def _add_routes(app: Api) -> None:
    """Answer what the tables of routes name, with those at hand who answer longer."""
    app.state.lives, app.state.streams = app.lives, app.streams
    app.state.sessions, app.state.log_ins = app.session_book, app.log_ins
    answer_problems(app, app.allowed)
    app.router.routes.extend(_routes())
    app.router.add_websocket_route(LIVE_PATH, live)
    app.router.add_route(LIVE_PATH, live_without_upgrade, include_in_schema=False)
