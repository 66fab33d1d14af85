"""Plain pages, whole in themselves: nothing is loaded, nothing runs."""

import base64
import hashlib
from html import escape

from starlette.responses import Response

from api.problems import printable

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; --line: #8884; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin: 2.5rem 0 .3rem; }
h3 { font-size: .85rem; margin: 1rem 0 .2rem; opacity: .7; }
code, pre { font: .85rem/1.45 ui-monospace, monospace; }
code { overflow-wrap: anywhere; }
pre { overflow: auto; max-height: 24rem; padding: .6rem .8rem; margin: 0;
    border: 1px solid var(--line); border-radius: .3rem; }
nav a { margin-right: .9rem; white-space: nowrap; }
details { border-top: 1px solid var(--line); padding: .35rem 0; }
details[open] { padding-bottom: 1.2rem; }
summary { cursor: pointer; display: flex; gap: .7rem; align-items: baseline; flex-wrap: wrap; }
summary b { width: 4rem; font: 600 .8rem ui-monospace, monospace; }
summary span { opacity: .75; }
.get { color: #0a7a6c; } .post { color: #2463c4; } .delete { color: #c03535; }
.put, .patch { color: #9a6100; }
@media (prefers-color-scheme: dark) {
    .get { color: #4fd1bd; } .post { color: #84b3ff; } .delete { color: #ff8d8d; }
    .put, .patch { color: #f0b95a; }
}
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0; }
td { border-top: 1px solid var(--line); } td:first-child { width: 11rem; }
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
    state = _STATES.get(status, f"It is {plain_text(status)}.")
    listed = "".join(f"<li>{plain_text(reason)}</li>" for reason in reasons)
    body = (
        f"<h1>Tagwarden {plain_text(version)}</h1>"
        "<p>This gateway hears RFID and IoT tags, says which zone each of them is in, "
        "and raises an alert when an asset leaves its geofence.</p>"
        f"<p><strong>{state}</strong></p>{f'<ul>{listed}</ul>' if listed else ''}"
        "<p>The dashboard is not built here: run <code>make dashboard</code> in the folder of the "
        "sources and start the gateway again.</p>"
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
    return page_text("Tagwarden", body)


def plain_text(text: str) -> str:
    """Text as HTML shows it, on one line."""
    return escape(printable(text.replace("\n", " "), 2000))


def page_text(title: str, body: str) -> str:
    """A whole page around a body."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body>{body}</body></html>"
    )
