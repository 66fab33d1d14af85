"""Subscriptions as they are kept: who wants to be told what, where, and the secret that signs it.

All functions work inside the caller's transaction and never commit.
"""

import base64
import secrets
import sqlite3
from typing import Any

import msgspec

from delivery.signing import SECRET_PREFIX, signing_keys
from delivery.subscription import (
    SubscriptionChannel,
    SubscriptionSettings,
    channel_name,
    channel_of,
)
from history.callers import EVERYTHING, Scope

SUBSCRIPTIONS_MAX = 50
"""Each look at the outbox asks for every one of them."""
SECRET_BYTES = 32
_COLUMNS = (
    "id, number, name, settings, secret, zones, groupings, enabled, created_ns, created_by,"
    " revision"
)
_texts = msgspec.json.Decoder(tuple[str, ...] | None)


class SubscriptionError(ValueError):
    """A subscription can not be as it is wanted."""


class SubscriptionNameTakenError(SubscriptionError):
    """Another subscription has this name already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a subscription named {name!r} already")


class TooManySubscriptionsError(SubscriptionError):
    """There are as many as there may be."""

    def __init__(self) -> None:
        super().__init__(f"there are {SUBSCRIPTIONS_MAX} subscriptions already")


class SubscriptionChangedError(SubscriptionError):
    """It is not the one any more that the caller has seen."""

    def __init__(self, revision: int) -> None:
        super().__init__(f"it has changed since; its revision is {revision}")


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """One subscription. `revision` rises with each change; `scope` is that of who made it."""

    id: str
    number: int = 0
    name: str
    settings: SubscriptionSettings
    secret: str
    scope: Scope = EVERYTHING
    enabled: bool = True
    created_ns: int
    created_by: str
    revision: int = 1

    @property
    def channel(self) -> str:
        """The name of its channel in the outbox."""
        return channel_name(self.id)

    def opened(self, *, allow_private: bool) -> SubscriptionChannel:
        """Its channel, as a sender is made from it."""
        return channel_of(self.id, self.settings, self.secret, allow_private=allow_private)


def new_subscription(  # noqa: PLR0913 - what a caller says, and who and when
    name: str,
    settings: SubscriptionSettings,
    *,
    enabled: bool,
    scope: Scope,
    by: str,
    now_ns: int,
) -> Subscription:
    """A subscription that stands nowhere yet, with a fresh secret."""
    return Subscription(
        id=f"sub_{secrets.token_hex(8)}",
        name=name,
        settings=settings,
        secret=_fresh_secret(),
        scope=scope,
        enabled=enabled,
        created_ns=now_ns,
        created_by=by,
    )


def rotated(subscription: Subscription, *, keep_former: bool) -> Subscription:
    """The same with a fresh secret, which stands first; the former one signs too where kept."""
    former = subscription.secret.split()[:1] if keep_former else []
    return msgspec.structs.replace(subscription, secret=" ".join([_fresh_secret(), *former]))


def all_subscriptions(connection: sqlite3.Connection) -> list[Subscription]:
    """All of them, in the order in which they were made."""
    query = f"SELECT {_COLUMNS} FROM subscriptions ORDER BY number"  # noqa: S608 - a constant
    return [_subscription(row) for row in connection.execute(query)]


def find_subscription(connection: sqlite3.Connection, id_: str) -> Subscription | None:
    """The one of this id."""
    query = f"SELECT {_COLUMNS} FROM subscriptions WHERE id = ?"  # noqa: S608 - a constant
    row = connection.execute(query, (id_,)).fetchone()
    return None if row is None else _subscription(row)


def add_subscription(connection: sqlite3.Connection, made: Subscription) -> Subscription:
    """Write a new one down. Raises SubscriptionNameTakenError, TooManySubscriptionsError."""
    count, newest = connection.execute(
        "SELECT count(*), coalesce(max(number), 0) FROM subscriptions"
    ).fetchone()
    if count >= SUBSCRIPTIONS_MAX:
        raise TooManySubscriptionsError
    _require_name(connection, made)
    numbered = msgspec.structs.replace(made, number=newest + 1)
    connection.execute(
        f"INSERT INTO subscriptions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
        _row(numbered),
    )
    return numbered


def replace_subscription(
    connection: sqlite3.Connection, changed: Subscription, now_ns: int
) -> Subscription:
    """Write it down as it is now, one revision on; what a disabled one owes is given up.

    `changed.revision` is the one that was seen. Raises SubscriptionChangedError where it is
    another one, SubscriptionNameTakenError.
    """
    _require_revision(connection, changed.id, changed.revision)
    _require_name(connection, changed)
    after = msgspec.structs.replace(changed, revision=changed.revision + 1)
    connection.execute(
        "UPDATE subscriptions SET name = ?, settings = ?, secret = ?, enabled = ?, revision = ?"
        " WHERE id = ?",
        (
            after.name,
            _settings_text(after.settings),
            after.secret,
            after.enabled,
            after.revision,
            after.id,
        ),
    )
    if not after.enabled:
        _give_up(connection, after.channel, "the subscription was switched off", now_ns)
    return after


def remove_subscription(connection: sqlite3.Connection, removed: Subscription, now_ns: int) -> None:
    """Forget one, as it was seen; what it owes is given up. Raises SubscriptionChangedError."""
    _require_revision(connection, removed.id, removed.revision)
    connection.execute("DELETE FROM subscriptions WHERE id = ?", (removed.id,))
    _give_up(connection, removed.channel, "the subscription was deleted", now_ns)
    connection.execute("DELETE FROM channels WHERE name = ?", (removed.channel,))


def _give_up(connection: sqlite3.Connection, channel: str, why: str, now_ns: int) -> None:
    connection.execute(
        "UPDATE outbox SET state = 'dead', ended_ns = ?, last_error = ?, worker = NULL,"
        " locked_until_ns = NULL WHERE state = 'waiting' AND channel = ?",
        (now_ns, why, channel),
    )


def _require_revision(connection: sqlite3.Connection, id_: str, seen: int) -> None:
    row = connection.execute("SELECT revision FROM subscriptions WHERE id = ?", (id_,)).fetchone()
    if row is None or row[0] != seen:
        raise SubscriptionChangedError(0 if row is None else row[0])


def _require_name(connection: sqlite3.Connection, wanted: Subscription) -> None:
    taken = connection.execute(
        "SELECT 1 FROM subscriptions WHERE name = ? AND id <> ?", (wanted.name, wanted.id)
    ).fetchone()
    if taken is not None:
        raise SubscriptionNameTakenError(wanted.name)


def _fresh_secret() -> str:
    secret = SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
    signing_keys(secret)
    return secret


def _settings_text(settings: SubscriptionSettings) -> str:
    return settings.model_dump_json(by_alias=True)


def _row(made: Subscription) -> tuple[Any, ...]:
    return (
        made.id,
        made.number,
        made.name,
        _settings_text(made.settings),
        made.secret,
        _names_text(made.scope.zones),
        _names_text(made.scope.groups),
        made.enabled,
        made.created_ns,
        made.created_by,
        made.revision,
    )


def _names_text(names: tuple[str, ...] | None) -> str | None:
    return None if names is None else msgspec.json.encode(names).decode()


def _subscription(row: tuple[Any, ...]) -> Subscription:
    zones, groups = (None if text is None else _texts.decode(text) for text in row[5:7])
    return Subscription(
        id=row[0],
        number=row[1],
        name=row[2],
        settings=SubscriptionSettings.model_validate_json(row[3]),
        secret=row[4],
        scope=Scope(zones, groups),
        enabled=bool(row[7]),
        created_ns=row[8],
        created_by=row[9],
        revision=row[10],
    )
