"""The dashboard's pages: fixed files, read once and served to everybody.

They hold nothing that needs a right: what they show, they ask of the API like any other program.
Nothing of a request ever touches the file system; what is not in the table is not there.
A browser that opens /docs before it has logged in is led to the log-in, which leads it back; one
that opens a path that is none sees the pages' own words about that.
"""

import gzip
import hashlib
import logging
import os
from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final, NamedTuple

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.headers import with_images_of

DIST: Final = Path(
    os.environ.get("TAGWARDEN_PAGES") or Path(__file__).parents[1] / "dashboard" / "dist"
)
"""Where the build puts them, in a wheel as in a checkout; `TAGWARDEN_PAGES` names another build."""

PAGES: Final = (
    "live", "wall", "alerts", "asset", "find", "history", "stock", "readers", "zones",
    "rules", "quality", "system", "setup", "login",
)  # fmt: skip
"""The paths that are views of the one page; its own table is dashboard/src/frame/page-list.ts."""

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_PACKED: Final = {".css", ".html", ".js", ".json", ".svg", ".webmanifest"}
_DOCS: Final = "/docs"
_API: Final = "/api/"
_NONE: Final = {"q=0", "q=0.0", "q=0.00", "q=0.000"}
_FOR_GOOD: Final = b"public, max-age=31536000, immutable"
_ASK_AGAIN: Final = b"no-cache"


class File(NamedTuple):
    """One file of the pages; `packed` is it in gzip where that is worth while."""

    body: bytes
    packed: bytes | None
    headers: tuple[tuple[bytes, bytes], ...]
    etag: str
    is_page: bool


class Answer(NamedTuple):
    """What is sent for a request."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


_TO_LOG_IN: Final = Answer(
    HTTPStatus.SEE_OTHER, [(b"location", b"/login?then=/docs"), (b"content-length", b"0")], b""
)

Pages = Mapping[str, File]
"""Files by path."""

EMPTY: Final[Pages] = {}

ImageHosts = Callable[[], Collection[str]]
"""Tells the hosts, each such as https://host:443, whose images pages may show beside their own."""

log = logging.getLogger("tagwarden.api")


def files_in(dist: Path) -> Pages:
    """What is served, by path; nothing where the pages are not built, or can not be read."""
    try:
        return _files_in(dist)
    except OSError as error:
        log.warning("the dashboard is not shown: %s", error)
        return EMPTY


def _files_in(dist: Path) -> Pages:
    if not (dist / "index.html").is_file():
        return EMPTY
    found = {
        f"/{path.relative_to(dist).as_posix()}": _file(path)
        for path in sorted(dist.rglob("*"))
        if path.is_file() and path.suffix in _TYPES
    }
    shell = found.pop("/index.html")
    return found | dict.fromkeys(("/", *(f"/{page}" for page in PAGES)), shell)


def _file(path: Path) -> File:
    body = path.read_bytes()
    packed = gzip.compress(body, 9, mtime=0) if path.suffix in _PACKED else None
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    # Vite names what it puts into static/ by what is in it.
    kept = _FOR_GOOD if path.parent.name == "static" else _ASK_AGAIN
    headers = (
        (b"content-type", _TYPES[path.suffix].encode()),
        (b"cache-control", kept),
        # Weak: packed and plain are the same page, not the same bytes.
        (b"etag", f"W/{etag}".encode()),
        (b"vary", b"accept-encoding"),
    )
    return File(body, packed, headers, etag, path.suffix == ".html")


class Dashboard:
    """ASGI middleware that answers for the pages and leaves all else to `app`."""

    def __init__(self, app: ASGIApp, files: Pages, image_hosts: ImageHosts = tuple) -> None:
        self._app = app
        self._files = files
        self._image_hosts = image_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a file of the table to GET and HEAD, or pass the request on."""
        if not self._files or scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        path, asked = scope["path"], Headers(scope=scope)
        file = self._files.get(path)
        if file is not None:
            await _send(send, self._answer(file, asked), scope["method"])
        elif _is_browser(asked):
            instead = self._for_people(path, asked)
            await self._app(scope, receive, _with(instead, send, scope["method"]))
        else:
            await self._app(scope, receive, send)

    def _for_people(self, path: str, asked: Headers) -> Mapping[int, Answer]:
        """What somebody sees instead of an answer for programs, by its status."""
        if path == _DOCS:
            return {HTTPStatus.UNAUTHORIZED: _TO_LOG_IN}
        if path.startswith(_API):
            return {}
        shell = self._whole(self._files["/"], asked)
        return {HTTPStatus.NOT_FOUND: shell._replace(status=HTTPStatus.NOT_FOUND)}

    def _answer(self, file: File, asked: Headers) -> Answer:
        is_had = file.etag in asked.get("if-none-match", "")
        # The policy may have changed where the page has not.
        if is_had and not (file.is_page and self._image_hosts()):
            return Answer(HTTPStatus.NOT_MODIFIED, list(file.headers), b"")
        return self._whole(file, asked)

    def _whole(self, file: File, asked: Headers) -> Answer:
        headers, body = list(file.headers), file.body
        if file.is_page and (image_hosts := self._image_hosts()):
            headers.append((b"content-security-policy", with_images_of(image_hosts).encode()))
        if file.packed is not None and _takes_gzip(asked.get("accept-encoding", "")):
            body = file.packed
            headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-length", str(len(body)).encode()))
        return Answer(HTTPStatus.OK, headers, body)


async def _send(send: Send, answer: Answer, method: str) -> None:
    status, headers, body = answer
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})


def _takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding names gzip, and not to refuse it."""
    for part in accepted.lower().split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() == "gzip":
            return weight.replace(" ", "") not in _NONE
    return False


def _is_browser(asked: Headers) -> bool:
    """Whether somebody looks who could log in: programs send a key, and take anything."""
    return "text/html" in asked.get("accept", "") and "authorization" not in asked


def _with(instead: Mapping[int, Answer], send: Send, method: str) -> Send:
    """Send one of these answers instead of one of its status; all else goes out as it is."""
    is_replaced = False

    async def send_or_replace(message: Message) -> None:
        nonlocal is_replaced
        if message["type"] == "http.response.start" and message["status"] in instead:
            is_replaced = True
            await _send(send, instead[message["status"]], method)
        elif not is_replaced:
            await send(message)

    return send_or_replace
