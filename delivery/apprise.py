"""The apprise channel: short texts by chat, SMS or push, through the services that Apprise knows.

Apprise is an extra of its own and is imported when the first message goes out.
"""

import asyncio
import hashlib
import logging
import threading
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from delivery.attempt import Attempt, Delivery, Part, Surroundings, spared
from delivery.channel_kinds import AppriseChannel
from delivery.message import Told, told_in
from delivery.parts import PartsKnown, outcome_of
from delivery.wording import short_text

APPRISE_MISSING = "needs Apprise: install it with pip install 'tagwarden[apprise]'"
THREADS_MAX = 8
"""Calls that hang in one channel; more are put off, since a thread can not be ended."""

_KINDS = {"info": "info", "warning": "warning", "critical": "failure"}


def has_apprise() -> bool:
    """Whether Apprise is installed."""
    return find_spec("apprise") is not None


class AppriseSender:
    """Sends the short text to each URL, in threads, and again only to those that failed.

    Parts are named by place and a hash of the URL, which is a secret.
    Raises ValueError when Apprise is not installed.
    """

    def __init__(self, settings: AppriseChannel, surroundings: Surroundings) -> None:
        if not has_apprise():
            raise ValueError(f"{settings.name}: {APPRISE_MISSING}")
        self._settings = settings
        self._surroundings = surroundings
        self._urls = {
            _mark(place, url.get_secret_value()): url.get_secret_value()
            for place, url in enumerate(settings.urls, start=1)
        }
        self._known = PartsKnown()
        self._busy = 0

    async def send(self, delivery: Delivery, now_ns: int) -> Attempt:
        """Try the URLs that do not have it yet, all at once."""
        del now_ns
        try:
            told = told_in(delivery)
        except ValueError as error:
            return Attempt("refused", str(error))
        if told.is_below(self._settings.severity_min):
            return spared(f"below {self._settings.severity_min}, not sent")
        settled = self._known.of(delivery)
        wanted = [mark for mark in self._urls if mark not in {part.to for part in settled}]
        tried = await asyncio.gather(*(self._try(mark, told) for mark in wanted))
        reached = [Part(mark) for mark, why in zip(wanted, tried, strict=True) if not why]
        waiting = [f"{mark}: {why}" for mark, why in zip(wanted, tried, strict=True) if why]
        return self._known.note(delivery, outcome_of([*settled, *reached], waiting))

    async def _try(self, mark: str, told: Told) -> str:
        """Why one URL did not take it, empty when it did."""
        if self._busy >= THREADS_MAX:
            return f"{THREADS_MAX} earlier calls still hang"
        zone, site = self._surroundings.timezone, self._surroundings.site
        text, kind = short_text(told, site, zone), _KINDS.get(told.severity, "info")
        url = self._urls[mark]
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                return await self._in_thread(lambda: _notify(url, text, kind))
        except TimeoutError:
            return f"no answer within {self._settings.timeout_s:g} s"

    async def _in_thread(self, work: Callable[[], str]) -> str:
        """Run in a thread that does not keep the gateway from ending."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[str] = loop.create_future()

        def done(text: str) -> None:
            self._busy -= 1
            if not answer.done():
                answer.set_result(text)

        def run() -> None:
            text = work()
            if not loop.is_closed():
                loop.call_soon_threadsafe(done, text)

        self._busy += 1
        threading.Thread(target=run, daemon=True, name="apprise").start()
        return await answer


def _notify(url: str, text: str, kind: str) -> str:
    """Tell one URL; blocks. Why it was not told, without its words, which may hold the secret."""
    try:
        apprise = _apprise()
        asset = apprise.AppriseAsset(secure_logging=True, async_mode=False)
        service = apprise.Apprise.instantiate(url, asset=asset)
        if service is None:
            return "Apprise can not use this URL"
        sent = service.notify(body=text, notify_type=apprise.NotifyType(kind), body_format="text")
    except Exception as error:  # noqa: BLE001 -- whatever a service does wrong is its answer
        return f"fault in the service: {type(error).__name__}"
    return "" if sent else f"{service.service_name or 'the service'} did not take it"


def _apprise() -> Any:  # noqa: ANN401 -- a module that may not be there
    """Import Apprise, and keep it from writing tokens that stand in addresses to the log."""
    module = import_module("apprise")
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    return module


def _mark(place: int, url: str) -> str:
    return f"url {place} ({hashlib.sha256(url.encode()).hexdigest()[:8]})"
