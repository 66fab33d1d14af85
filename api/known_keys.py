"""Which keys are right: asked of the table, remembered for a while."""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from anyio import CapacityLimiter, to_thread

from history.callers import Caller
from history.keys import check_key, id_in, key_ids
from history.state import open_reader

KEY_KEPT_S = 5.0
_RENEWED_S = 4.5
_KEYS_KEPT_MAX = 1024
_STRANGERS_KEPT_MAX = 256
_CHECKS_AT_ONCE = 2
_TOKEN = re.compile(r"tw_[A-Za-z0-9_-]{8,200}")

Kept = TypeVar("Kept")


class CheckKey(Protocol):
    """Look a key up. Called in a thread, so it may wait for a database."""

    def __call__(self, token: str, /) -> Caller | None:
        """Return whose key it is; None for a key that is unknown or withdrawn."""
        ...


class StoredKeys:
    """The keys in the `state.db` at a path. Its methods wait for the disk."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, token: str, /) -> Caller | None:
        """Return whose key it is; None for a key that is unknown or withdrawn."""
        with closing(open_reader(self._path)) as reader:
            return check_key(reader, token)

    def ids(self) -> frozenset[str]:
        """The ids of all keys."""
        with closing(open_reader(self._path)) as reader:
            return key_ids(reader)


class _Known(NamedTuple):
    """A key that was right when it was looked up, and when to look again."""

    asked_s: float
    again_s: float
    caller: Caller


class KnownKeys:
    """Remembers keys for 5 s, by digest, so that few requests wait for the table.

    Wrong keys are remembered apart, so that guesses push no right key out.
    """

    def __init__(self, check_key: CheckKey, monotonic_s: Callable[[], float]) -> None:
        self._check_key = check_key
        self._monotonic_s = monotonic_s
        self._kept: OrderedDict[bytes, _Known] = OrderedDict()
        self._strangers: OrderedDict[bytes, float] = OrderedDict()
        self._ids: frozenset[str] = frozenset()
        self._ids_asked_s: float | None = None
        self._forgotten = 0
        self._limiter = CapacityLimiter(_CHECKS_AT_ONCE)

    def __len__(self) -> int:
        """How many keys are remembered, right ones and wrong ones."""
        return len(self._kept) + len(self._strangers)

    async def caller(self, token: str) -> Caller | None:
        """Whose key this is, at most 5 s out of date; None for an unknown one."""
        if _TOKEN.fullmatch(token) is None:
            return None
        digest = _digest(token)
        known = self._kept.get(digest)
        now_s = self._monotonic_s()
        if known is None:
            return await self._looked_up(token, digest, now_s)
        if now_s < known.again_s:
            return known.caller
        # Whoever comes meanwhile need not ask too.
        self._kept[digest] = known._replace(again_s=known.asked_s + KEY_KEPT_S)
        return await self._looked_up(token, digest, now_s)

    async def may_be_right(self, token: str) -> bool:
        """Whether a key is worth looking up where most are guesses.

        One that was right before is, and one with an id that there is; the ids are looked up
        once in 5 s.
        """
        key_id = id_in(token)
        if key_id is None:
            return False
        return _digest(token) in self._kept or key_id in await self._known_ids()

    def forget(self, key_id: str) -> None:
        """Look this key up anew before it opens anything: it was changed or withdrawn."""
        self._forgotten += 1
        self._ids_asked_s = None
        for digest, known in list(self._kept.items()):
            if known.caller.id == key_id:
                del self._kept[digest]

    async def _looked_up(self, token: str, digest: bytes, now_s: float) -> Caller | None:
        wrong_s = self._strangers.get(digest)
        if wrong_s is not None and now_s - wrong_s < KEY_KEPT_S:
            return None
        forgotten = self._forgotten
        caller = await to_thread.run_sync(self._check_key, token, limiter=self._limiter)
        if caller is None:
            _ = self._kept.pop(digest, None)
            _keep(self._strangers, digest, now_s, _STRANGERS_KEPT_MAX)
            return None
        # Withdrawn while it was looked up: good for this one request, which came before.
        if forgotten == self._forgotten:
            known = _Known(now_s, now_s + _RENEWED_S, caller)
            _keep(self._kept, digest, known, _KEYS_KEPT_MAX)
        return caller

    async def _known_ids(self) -> frozenset[str]:
        now_s = self._monotonic_s()
        if self._ids_asked_s is None or now_s - self._ids_asked_s >= KEY_KEPT_S:
            self._ids_asked_s = now_s
            if isinstance(self._check_key, StoredKeys):
                ids = self._check_key.ids
                self._ids = await to_thread.run_sync(ids, limiter=self._limiter)
        return self._ids


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def _keep(kept: OrderedDict[bytes, Kept], digest: bytes, what: Kept, at_most: int) -> None:
    kept[digest] = what
    kept.move_to_end(digest)
    while len(kept) > at_most:
        _ = kept.popitem(last=False)
