"""The HTTP server's application, put together without globals."""

from importlib.metadata import version
from time import monotonic
from typing import Any

from fastapi import FastAPI, Request
from prometheus_client import CollectorRegistry
from starlette.routing import Route as PathRoute

from api.access import Access, CheckKey
from api.desk import Desk
from api.headers import SafeHeaders
from api.long_answers import LongAnswers, LongLimits
from api.names import register_names
from api.once import InFlight
from api.problems import answer_problems
from api.route import add_route
from api.routes import ROUTES
from api.shapes import Problem, Wrong
from api.stream import StreamLimits, Streams
from api.surroundings import SLOW_QUESTIONS_AT_ONCE, ask_in_threads
from history.questions import StateQuestions

VERSION = version("tagwarden")
_ABOUT = "Which zone each tag is in, where each asset was, and which one has left its geofence."


class Api(FastAPI):
    """The application; `streams` are those who listen now."""

    streams: Streams

    def openapi(self) -> dict[str, Any]:
        """Describe the routes; every problem has the one shape of problems."""
        if self.openapi_schema is None:
            schema = super().openapi()
            for shape in (Problem, Wrong):
                described = shape.model_json_schema(ref_template="#/components/schemas/{model}")
                _ = described.pop("$defs", None)
                schema["components"]["schemas"][shape.__name__] = described
            self.openapi_schema = schema
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
) -> Api:
    """Put the application together.

    `desk` takes the changes, `questions` answer from the history, `check_key` says whose
    key it is, `metrics` is what `/metrics` shows and gets the metrics of the streams.
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
    app.streams = Streams(desk, questions, ask, metrics, limits or StreamLimits())
    app.state.desk = desk
    app.state.questions = questions
    app.state.ask = ask
    app.state.ask_slowly = ask_in_threads(SLOW_QUESTIONS_AT_ONCE)
    app.state.access = Access(check_key, monotonic)
    app.state.in_flight = InFlight()
    app.state.metrics = metrics
    app.state.long_answers = LongAnswers(metrics, long_limits or LongLimits())
    app.state.streams = app.streams
    answer_problems(app, app.allowed)
    app.add_middleware(SafeHeaders)
    register_names()
    for route in ROUTES:
        add_route(app, route)
    return app
