"""Two plain pages, whole in themselves: nothing is loaded, nothing runs."""

import base64
import hashlib
from html import escape
from typing import Any

from starlette.responses import Response

from api.problems import printable

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; }
td { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_STATES = {
    "ready": "It is ready.",
    "degraded": "It is degraded.",
    "starting": "It is starting.",
}


def html_response(text: str) -> Response:
    """A page that may load nothing but its own style."""
    return Response(
        text,
        headers={"content-security-policy": _POLICY},
        media_type="text/html",
    )


def home_page(version: str, status: str, reasons: list[str]) -> str:
    """What this is, how it is, and where to go on."""
    state = _STATES.get(status, f"It is {_text(status)}.")
    listed = "".join(f"<li>{_text(reason)}</li>" for reason in reasons)
    body = (
        f"<h1>Tagwarden {_text(version)}</h1>"
        "<p>This gateway hears RFID and IoT tags, says which zone each of them is in, "
        "and raises an alert when an asset leaves its geofence.</p>"
        f"<p><strong>{state}</strong></p>{f'<ul>{listed}</ul>' if listed else ''}"
        "<h2>Without a key</h2>"
        '<p><a href="/healthz">/healthz</a> · <a href="/readyz">/readyz</a></p>'
        "<h2>With an API key</h2>"
        "<p>Everything else wants <code>Authorization: Bearer tw_…</code>. "
        "<code>tagwarden keys create NAME --role viewer --data DIR</code> prints a key, once. "
        "<code>/docs</code> lists what can be asked, <code>/openapi.json</code> describes it "
        "to programs, <code>/metrics</code> is for Prometheus. A browser does not send the header "
        "by itself, so <code>/docs</code> does not open by a click; this fetches it:</p>"
        "<p><code>curl -H 'Authorization: Bearer tw_…' http://HOST:PORT/docs</code></p>"
    )
    return _page("Tagwarden", body)


def docs_page(schema: dict[str, Any]) -> str:
    """Each route with its parameters and the right that it needs, from the OpenAPI schema."""
    rows = [
        _route_row(method, path, operation)
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    ]
    body = (
        f"<h1>{_text(schema['info']['title'])}</h1>"
        f"<p>{_text(schema['info'].get('description', ''))}</p>"
        "<table><thead><tr><th>Route</th><th>What it does</th><th>Parameters</th><th>Roles</th>"
        f"</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )
    return _page("Tagwarden: HTTP", body)


def _route_row(method: str, path: str, operation: dict[str, Any]) -> str:
    parameters = " ".join(
        f"<code>{_text(parameter['name'])}</code>"
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query"
    )
    roles = ", ".join(operation.get("x-roles", ["open"]))
    return (
        f"<tr><td><code>{method.upper()} {_text(path)}</code></td>"
        f"<td>{_text(operation.get('description', ''))}</td>"
        f"<td>{parameters}</td><td>{_text(roles)}</td></tr>"
    )


def _text(text: str) -> str:
    return escape(printable(text.replace("\n", " "), 2000))


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body>{body}</body></html>"
    )
