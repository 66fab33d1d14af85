"""Headers that every answer carries."""

from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
"""The policy of answers for programs: should a browser show one, it loads and runs nothing."""

OWN_ONLY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""The policy of pages: scripts, styles and images from here alone, nothing inline."""

_OWN_IMAGES = "img-src 'self' blob:"


def with_images_of(hosts: Iterable[str]) -> str:
    """The policy of pages that show images of other hosts too, each such as https://host:443."""
    return OWN_ONLY.replace(_OWN_IMAGES, " ".join((_OWN_IMAGES, *hosts)))


_REFUSED_FEATURES = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
)
_HEADERS = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": ", ".join(f"{feature}=()" for feature in _REFUSED_FEATURES),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
_RAW = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
_POLICY = b"content-security-policy"
_FOR_PROGRAMS, _FOR_PAGES = (_POLICY, NOTHING.encode()), (_POLICY, OWN_ONLY.encode())
_ONLY_ENCRYPTED = (b"strict-transport-security", b"max-age=31536000")
_ENCRYPTED = {"https", "wss"}

RawHeaders = list[tuple[bytes, bytes]]


def with_safe_headers(headers: RawHeaders, scheme: str) -> RawHeaders:
    """The headers, and what they do not say themselves; a policy by the media type."""
    said = dict(headers)
    is_page = said.get(b"content-type", b"").startswith(b"text/html")
    added = [*_RAW, _FOR_PAGES if is_page else _FOR_PROGRAMS]
    if scheme in _ENCRYPTED:
        added.append(_ONLY_ENCRYPTED)
    return [*headers, *(each for each in added if each[0] not in said)]


class SafeHeaders:
    """ASGI middleware: answers are not kept, not sniffed, not framed, and load nothing foreign."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add what the answer does not say itself."""

        async def send_safe(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                headers = list(message.get("headers", ()))
                message["headers"] = with_safe_headers(headers, scope.get("scheme", "http"))
            await send(message)

        await self._app(scope, receive, send_safe)
