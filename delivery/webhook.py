"""The webhook channel: signed posts as Standard Webhooks describes them."""

import asyncio
import base64
import hashlib
import hmac
import ssl
from collections.abc import Iterable
from contextlib import AsyncExitStack, suppress
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus

import httpx

from delivery.attempt import DONE, Attempt, Delivery
from delivery.outbox import RETRY_AFTER_S_MAX
from delivery.settings import WebhookChannel
from delivery.signing import signing_keys
from delivery.targets import Resolve, SystemResolver, TargetRefusedError, admitted
from tags.times import SECOND_NS

REPLY_BYTES_MAX = 64 * 1024
REPLY_S_MAX = 1.0
_TRY_AGAIN = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS},
)
_PORTS = {"http": 80, "https": 443}


class WebhookSender:
    """Posts to one URL. Each try looks the host up anew and connects to what it was told.

    `resolve` and `tls` default to this machine's lookup and the usual certificate authorities.
    """

    def __init__(
        self,
        settings: WebhookChannel,
        resolve: Resolve | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._url = settings.url
        self._keys = signing_keys(settings.secret.get_secret_value())
        self._allow_private = settings.allow_private
        self._timeout_s = settings.timeout_s
        self._resolve = resolve or SystemResolver()
        self._tls = tls or _usual_authorities()
        self._opened: httpx.AsyncClient | None = None

    async def begin(self) -> None:
        """Nothing to do before the first message."""

    async def close(self) -> None:
        """Let go of the client."""
        client, self._opened = self._opened, None
        if client is not None:
            await client.aclose()

    async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
        """Post once, signed for `now_ns`."""
        try:
            return await self._post(httpx.URL(self._url), delivery, now_ns)
        except (TargetRefusedError, httpx.InvalidURL) as error:
            return Attempt("refused", f"not sent: {error}")
        except TimeoutError:
            return Attempt("retry", f"no answer within {self._timeout_s:g} s")
        except (httpx.HTTPError, OSError) as error:
            return Attempt("retry", f"not answered: {error or type(error).__name__}")

    async def _post(self, url: httpx.URL, delivery: Delivery, now_ns: int) -> Attempt:
        async with AsyncExitStack() as stack:
            async with asyncio.timeout(self._timeout_s):
                addresses = await self._addresses(url)
                client = self._client()
                patience = httpx.Timeout(None, connect=self._timeout_s / len(addresses))
                requests = [
                    self._request(client, url.copy_with(host=address), patience, delivery, now_ns)
                    for address in addresses
                ]
                response = await _answer(client, requests)
                stack.push_async_callback(response.aclose)
            # The status has decided; what becomes of the rest of the answer changes nothing.
            with suppress(httpx.HTTPError, OSError):
                async with asyncio.timeout(REPLY_S_MAX):
                    await _drain(response)
            return judge_reply(response.status_code, response.headers, now_ns)

    async def _addresses(self, url: httpx.URL) -> list[str]:
        if url.scheme == "http" and not self._allow_private:
            raise TargetRefusedError("http:// needs allow_private: true; use https://")
        host, port = url.raw_host.decode("ascii"), url.port or _PORTS[url.scheme]
        return await admitted(host, port, self._resolve, allow_private=self._allow_private)

    def _client(self) -> httpx.AsyncClient:
        """A client that goes nowhere but where it is told: no proxy, no redirect.

        One serves all messages, since making one takes longer than a post; it keeps no
        connection, so each try goes to the addresses that were looked up for it.
        """
        if self._opened is None:
            self._opened = httpx.AsyncClient(
                verify=self._tls,
                trust_env=False,
                follow_redirects=False,
                limits=httpx.Limits(max_keepalive_connections=0),
            )
        return self._opened

    def _request(
        self,
        client: httpx.AsyncClient,
        target: httpx.URL,
        patience: httpx.Timeout,
        delivery: Delivery,
        now_ns: int,
    ) -> httpx.Request:
        """Make a request to the target, an address, that still says the name of the host."""
        body, url = delivery.body.encode(), httpx.URL(self._url)
        return client.build_request(
            "POST",
            target,
            content=body,
            timeout=patience,
            headers={
                "host": url.netloc.decode("ascii"),
                "content-type": "application/json",
                "user-agent": "tagwarden",
                **signed_headers(delivery.id, now_ns // SECOND_NS, body, self._keys),
            },
            # The name for TLS: sent to the server, and what its certificate must be for.
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )


def signed_headers(
    message_id: str,
    timestamp_s: int,
    body: bytes,
    keys: Iterable[bytes],
) -> dict[str, str]:
    """Make the three headers of Standard Webhooks, with one signature for each key."""
    signed = b".".join((message_id.encode(), str(timestamp_s).encode(), body))
    digests = (hmac.digest(key, signed, hashlib.sha256) for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(
            f"v1,{base64.b64encode(digest).decode()}" for digest in digests
        ),
    }


def judge_reply(status: int, headers: httpx.Headers, now_ns: int) -> Attempt:
    """Decide what an HTTP answer means for the message."""
    if HTTPStatus(200) <= status < HTTPStatus.MULTIPLE_CHOICES:
        return DONE
    if status == HTTPStatus.GONE:
        return Attempt("gone", "answered 410: it wants no more messages")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _TRY_AGAIN:
        wait_s = retry_after_s(headers.get("retry-after", ""), now_ns)
        return Attempt("retry", f"answered {status}", wait_s)
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Attempt("refused", f"answered {status}: redirects are not followed")
    return Attempt("refused", f"answered {status}")


def retry_after_s(text: str, now_ns: int) -> float:
    """How long a Retry-After header (seconds or an HTTP date) asks to wait, at most 1 h.

    0 when it says nothing that can be used.
    """
    text = text.strip()
    if text.isascii() and text.isdecimal():
        return min(float(text), RETRY_AFTER_S_MAX)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0
    wait_s = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now_ns / SECOND_NS
    return min(max(wait_s, 0.0), RETRY_AFTER_S_MAX)


async def _answer(client: httpx.AsyncClient, requests: list[httpx.Request]) -> httpx.Response:
    """Return the head of the answer to the first request whose address takes a connection."""
    *others, last = requests
    for request in others:
        with suppress(httpx.ConnectError, httpx.ConnectTimeout):
            return await client.send(request, stream=True)
    return await client.send(last, stream=True)


async def _drain(response: httpx.Response) -> None:
    """Read what a polite client would, undecoded, and no more than 64 kB of it."""
    seen = 0
    async for chunk in response.aiter_raw():
        seen += len(chunk)
        if seen >= REPLY_BYTES_MAX:
            return


@cache
def _usual_authorities() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)
