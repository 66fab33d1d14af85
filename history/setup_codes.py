"""One-time codes: with one the first admin is made, or somebody chooses their password.

A code has 16 signs out of 32, which is 80 bits: at a thousand guesses a second, which no
throttle would let through, the hour that it lasts gives a chance of 1 in 3·10^17. So the
digest needs no salt and no slow hash either: who has stolen it would have to make 10^24 of them.
"""

import hashlib
import secrets
import sqlite3
from typing import NamedTuple

from history.people import Deed, tell
from tags.times import SECOND_NS

CODE_NS = 3600 * SECOND_NS
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUPS = 4
_SIGNS = 4
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V", "-": "", " ": ""})


class Code(NamedTuple):
    """What a code is for: `person` chooses a password; None makes the first admin."""

    person: str | None
    expires_ns: int


def make_code(connection: sqlite3.Connection, person_id: str | None, deed: Deed) -> str:
    """Make a code and return it, as `XXXX-XXXX-XXXX-XXXX`; a former one for the same ends."""
    signs = "".join(secrets.choice(_ALPHABET) for _ in range(_GROUPS * _SIGNS))
    connection.execute("DELETE FROM setup_codes WHERE person IS ?", (person_id,))
    connection.execute(
        "INSERT INTO setup_codes (digest, person, created_ns, expires_ns) VALUES (?, ?, ?, ?)",
        (_digest(signs), person_id, deed.at_ns, deed.at_ns + CODE_NS),
    )
    tell(connection, deed, "setup.code", person_id or "first admin", {})
    return "-".join(signs[n : n + _SIGNS] for n in range(0, len(signs), _SIGNS))


def find_code(connection: sqlite3.Connection, presented: str, now_ns: int) -> Code | None:
    """What a code is for; None for one that there is not, or not any more. It stays."""
    row = connection.execute(
        "SELECT person, expires_ns FROM setup_codes WHERE digest = ? AND expires_ns > ?",
        (_digest(presented), now_ns),
    ).fetchone()
    return None if row is None else Code(*row)


def use_code(connection: sqlite3.Connection, presented: str, now_ns: int) -> Code | None:
    """The same; the code ends. Codes that ended by themselves are cleared away."""
    code = find_code(connection, presented, now_ns)
    connection.execute(
        "DELETE FROM setup_codes WHERE digest = ? OR expires_ns <= ?",
        (_digest(presented), now_ns),
    )
    return code


def end_first_codes(connection: sqlite3.Connection) -> None:
    """End every code that would make a first admin."""
    connection.execute("DELETE FROM setup_codes WHERE person IS NULL")


def is_setup_open(connection: sqlite3.Connection, now_ns: int) -> bool:
    """Whether there is a code that makes the first admin."""
    statement = "SELECT 1 FROM setup_codes WHERE person IS NULL AND expires_ns > ?"
    return connection.execute(statement, (now_ns,)).fetchone() is not None


def _digest(presented: str) -> bytes:
    """By the signs alone, however they are grouped and spelt."""
    signs = presented[:64].upper().translate(_MISREAD)
    return hashlib.sha256(signs.encode("utf-8", "surrogatepass")).digest()
