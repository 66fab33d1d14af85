"""The way to an InfluxDB over HTTP, and what its failures mean."""

import gzip
import json
import re
import time
from base64 import b64encode
from collections.abc import Mapping
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from history.settings import HistorySettings
from history.store import StoreRefusedError, StoreUnavailableError

if TYPE_CHECKING:
    import urllib3

ANSWER_BYTES_MAX = 1 << 20
_CHUNK_BYTES = 1 << 16
_EXCERPT_CHARS = 300
_OBJECT = re.compile(r"^\w+\(.*?\): ")
_POLICY_MISSING = "retention policy not found"  # 1.6 says so with status 500
_TAKEN_OR_TOO_LARGE = (200, 204, 413)
_ABOUT_DATA = (400, 422)
_NOT_LET_IN = (401, 403)
_NOT_FOUND = 404
_LATER = (408, 425, 429)


class InfluxClientMissingError(StoreRefusedError):
    """The package influxdb-client is not installed; the text says how it is."""


class Request(NamedTuple):
    """What to ask; an answer of more than `bytes_max` is none."""

    method: str
    path: str
    query: Mapping[str, str] = {}
    body: bytes | None = None
    kind: str = "application/json"
    bytes_max: int = ANSWER_BYTES_MAX


class Answer(NamedTuple):
    """What the server said; `kind` is the content type, `version` that of its InfluxDB."""

    status: int
    kind: str
    body: bytes
    version: str = ""

    @property
    def told(self) -> dict[str, Any] | None:
        """The body as a JSON object; None where it is none."""
        try:
            told = json.loads(self.body)
        except ValueError:
            return None
        return told if isinstance(told, dict) else None

    @property
    def fault(self) -> str | None:
        """What is wrong, in the words of an InfluxDB; None where none wrote this."""
        told = self.told or {}
        words = [told[key] for key in ("error", "message") if isinstance(told.get(key), str)]
        return words[0] if words else None


class InfluxTransport:
    """One InfluxDB as the site file names it, through the connections of influxdb-client.

    It keeps its connection; one thread uses it. It never tries anything twice, follows no
    redirection, and puts no secret into an error. Raises InfluxClientMissingError.
    """

    def __init__(self, settings: HistorySettings) -> None:
        self.url = settings.url or ""
        self._timeout_s = settings.timeout_s
        self._client = _client(settings)
        self._pool: urllib3.PoolManager = self._client.api_client.rest_client.pool_manager
        self._authorization = _authorization(settings)
        here = is_loopback(self.url)
        self._gzip = not here if settings.gzip is None else settings.gzip

    def ask(self, request: Request) -> Answer:
        """Ask once, and return whatever the answer is.

        Raises StoreUnavailableError if there is none in time, or a longer one than wanted;
        StoreRefusedError if the certificate, or what is in the site file, makes it impossible.
        """
        from urllib3.exceptions import HTTPError, SSLError  # noqa: PLC0415 - comes with the extra

        try:
            return self._answer(request)
        except SSLError as error:
            raise StoreRefusedError(f"{self.url}: {_tls_text(error)}") from None
        except (HTTPError, OSError) as error:
            if isinstance(error, FileNotFoundError | PermissionError):
                text = f"{self.url}: `ca_file` can not be read"
                raise StoreRefusedError(text) from None
            text = f"{self.url} can not be reached: {_words(error)}"
            raise StoreUnavailableError(text) from None
        except ValueError:
            text = f"{self.url}: `token`, `username` or `password` can not be sent in a header"
            raise StoreRefusedError(text) from None

    def close(self) -> None:
        """Close the connection."""
        self._pool.clear()

    def _answer(self, request: Request) -> Answer:
        deadline_s = time.monotonic() + self._timeout_s
        headers = {"Accept": "application/json", **self._authorization}
        body = request.body
        if body is not None:
            headers["Content-Type"] = request.kind
            if self._gzip:
                body = gzip.compress(body, compresslevel=1)
                headers["Content-Encoding"] = "gzip"
        query = f"?{urlencode(request.query)}" if request.query else ""
        response = self._pool.request(
            request.method,
            self.url + request.path + query,
            body=body,
            headers=headers,
            timeout=self._timeout_s,
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            content = self._content(response, request.bytes_max, deadline_s)
        except BaseException:
            response.close()
            raise
        response.release_conn()
        told = response.headers
        version = told.get("X-Influxdb-Version", "")
        return Answer(response.status, told.get("Content-Type", ""), content, version)

    def _content(
        self, response: "urllib3.BaseHTTPResponse", bytes_max: int, deadline_s: float
    ) -> bytes:
        content = bytearray()
        while chunk := response.read1(_CHUNK_BYTES, decode_content=True):
            content += chunk
            if len(content) > bytes_max:
                raise StoreUnavailableError(f"{self.url} answers with too much")
            if time.monotonic() > deadline_s:
                text = f"{self.url} did not finish its answer within {self._timeout_s:g} s"
                raise StoreUnavailableError(text)
        return bytes(content)


def check_answer(url: str, answer: Answer) -> None:
    """Return for a status that is about what was sent: 2xx, 400, 413 and 422. Otherwise raise.

    StoreUnavailableError for 3xx, 408, 425, 429, 5xx and what no InfluxDB says;
    StoreRefusedError for 401, 403, 404 and every other 4xx.
    """
    status, fault = answer.status, answer.fault
    if status in _TAKEN_OR_TOO_LARGE or (status in _ABOUT_DATA and fault is not None):
        return
    said = said_by(url, answer)
    if _POLICY_MISSING in (fault or "") or (status == _NOT_FOUND and fault is not None):
        raise StoreRefusedError(f"{said}: `tagwarden doctor` can create it")
    if status in _NOT_LET_IN:
        raise StoreRefusedError(f"{said}: check `token`, or `username` and `password`")
    if status in _LATER or status in _ABOUT_DATA or not 400 <= status < 500:  # noqa: PLR2004 - HTTP
        raise StoreUnavailableError(said)
    raise StoreRefusedError(f"{said}: check `url` and `api`")


def said_by(url: str, answer: Answer) -> str:
    """What it answered, short enough for a log."""
    words = answer.fault
    if words is None:
        words = f"something that no InfluxDB says ({answer.kind or 'of no kind'})"
        if not answer.body:
            words = "nothing else"
    return f"{url} answers {answer.status}: {excerpt(words)}"


def excerpt(words: str) -> str:
    """The begin of a text, on one line."""
    flat = " ".join(words.split())
    return flat if len(flat) <= _EXCERPT_CHARS else f"{flat[:_EXCERPT_CHARS]} …"


def is_loopback(url: str) -> bool:
    """Whether an address is of this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _client(settings: HistorySettings) -> Any:  # noqa: ANN401 - its parts are not typed
    try:
        from influxdb_client.client.influxdb_client import (  # noqa: PLC0415 - an optional extra
            InfluxDBClient,
        )
    except ImportError:
        text = "store: influxdb needs influxdb-client: pip install tagwarden[influxdb]"
        raise InfluxClientMissingError(text) from None
    return InfluxDBClient(
        settings.url or "",
        token="",  # ours go with each request
        timeout=int(settings.timeout_s * 1000),
        ssl_ca_cert=settings.ca_file,
        connection_pool_maxsize=1,
    )


def _authorization(settings: HistorySettings) -> dict[str, str]:
    if settings.token is not None:
        return {"Authorization": f"Token {settings.token}"}
    if settings.username is None:
        return {}
    login = f"{settings.username}:{settings.password}".encode(errors="replace")
    return {"Authorization": f"Basic {b64encode(login).decode()}"}


def _tls_text(error: Exception) -> str:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "its certificate is not signed by an authority that we know: set `ca_file`"
    return f"TLS fails: {_words(error)}; check `url` and `ca_file`"


def _words(error: Exception) -> str:
    """What went wrong, without the objects that a client library shows."""
    text = _OBJECT.sub("", str(error))
    return excerpt(text or type(error).__name__)
