"""What every request passes through costs no thread: FastAPI runs plain functions in one each."""

import inspect

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.names import register_names
from api.route import add_route
from api.routes import ROUTES


def test_no_route_waits_for_a_thread_before_it_begins() -> None:
    app = FastAPI()
    register_names()
    for route in ROUTES:
        add_route(app.router, route)
    plain = {
        f"{route.path}: {call}"
        for route in app.routes
        if isinstance(route, APIRoute)
        for call in _calls(route.dependant)
        if not inspect.iscoroutinefunction(call)
        and not inspect.iscoroutinefunction(getattr(call, "__call__", None))  # noqa: B004 -- its signature is asked for
    }
    assert plain == set()


def _calls(dependant: Dependant) -> list[object]:
    return [dependant.call, *(call for inner in dependant.dependencies for call in _calls(inner))]
