"""How the gateway is: for load balancers, for Prometheus and for people."""

from fastapi import Request
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.responses import Response

from api.docs_page import docs_page
from api.lists import json_response
from api.pages import home_page, html_response
from api.surroundings import Here


async def health() -> Response:
    """Answer that the server answers."""
    return json_response({"status": "ok"})


async def readiness(here: Here) -> Response:
    """Say whether the gateway does its work, and what is wrong where it does not: 200 or 503."""
    status, reasons = here.desk.readiness()
    body = {"status": status, "reasons": reasons}
    return json_response(body, 200 if status == "ready" else 503)


async def metrics(here: Here) -> Response:
    """Give the metrics to Prometheus."""
    await here.desk.dispatch.look()
    registry: CollectorRegistry = here.request.app.state.metrics
    encode, content_type = choose_encoder(here.request.headers.get("accept", ""))
    return Response(encode(registry), headers={"content-type": content_type})


async def openapi(request: Request) -> Response:
    """Describe this API in OpenAPI."""
    return json_response(request.app.openapi())


async def docs(request: Request) -> Response:
    """Show what can be asked, as a page."""
    return html_response(docs_page(request.app.openapi()))


async def home(request: Request, here: Here) -> Response:
    """Say what this is and how it is, as a page."""
    status, reasons = here.desk.readiness()
    return html_response(home_page(request.app.version, status, reasons))
