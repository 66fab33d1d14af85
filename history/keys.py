"""API keys: shown once, kept as digests."""

import hashlib
import hmac
import re
import secrets
import sqlite3

from history.audit import AuditEntry, append_audit
from history.callers import Caller, Role

_KEY = re.compile(r"tw_([0-9a-f]{8})_[A-Za-z0-9_-]{43}")
_NO_DIGEST = bytes(32)


class KeyNameTakenError(ValueError):
    """Another key has this name already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is a key named {name!r} already")


def create_key(
    connection: sqlite3.Connection,
    name: str,
    role: Role,
    now_ns: int,
    by: str = "command line",
) -> str:
    """Make a key and return it, `tw_<id>_<secret>`; it can not be had again.

    Who made it stands in the audit log. Raises KeyNameTakenError.
    """
    key_id = secrets.token_hex(4)
    presented = f"tw_{key_id}_{secrets.token_urlsafe(32)}"
    taken = connection.execute("SELECT 1 FROM api_keys WHERE name = ?", (name,)).fetchone()
    if taken is not None:
        raise KeyNameTakenError(name)
    connection.execute(
        "INSERT INTO api_keys (id, name, role, digest, created_ns) VALUES (?, ?, ?, ?, ?)",
        (key_id, name, role, _digest(presented), now_ns),
    )
    made = AuditEntry(None, now_ns, by, "key.create", name, "", {"id": key_id, "role": role})
    append_audit(connection, [made])
    return presented


def check_key(connection: sqlite3.Connection, presented: str) -> Caller | None:
    """Return whose key it is, None if nobody's; how long it takes tells nothing of the secret."""
    match = _KEY.fullmatch(presented)
    if match is None:
        return None
    row = connection.execute(
        "SELECT id, name, role, digest FROM api_keys WHERE id = ?",
        (match[1],),
    ).fetchone()
    # SHA-256 suffices: a secret of 32 random bytes can not be guessed from it.
    digest: bytes = _NO_DIGEST if row is None else row[3]
    if hmac.compare_digest(_digest(presented), digest) and row is not None:
        return Caller(*row[:3])
    return None


def _digest(presented: str) -> bytes:
    return hashlib.sha256(presented.encode()).digest()
