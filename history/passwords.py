"""Passwords: what one has to be, and how it is kept (argon2id, by the numbers of pwdlib)."""

from functools import cached_property

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

CHARACTERS_MIN = 10
CHARACTERS_MAX = 256
_NOBODYS = "nobody has this password"


class WeakPasswordError(ValueError):
    """The password is not one that may be chosen; the text says why."""


def require_good_password(password: str, login: str) -> None:
    """Raise WeakPasswordError for one that is too short, too long, or the name of the account.

    Which signs it is made of is not asked: length is what makes guessing hard.
    """
    if not CHARACTERS_MIN <= len(password) <= CHARACTERS_MAX:
        raise WeakPasswordError(f"must have {CHARACTERS_MIN} to {CHARACTERS_MAX} characters")
    if not _is_unicode(password):
        raise WeakPasswordError("is not Unicode text")
    if password.casefold() == login.casefold():
        raise WeakPasswordError("must not be the login name")
    if len(set(password)) == 1:
        raise WeakPasswordError("must not repeat one sign")


class Passwords:
    """Makes and checks hashes. One takes 64 MiB and 0.1 s to 1 s of a processor: in a thread.

    `hasher` is another one for tests, which have no time for that.
    """

    def __init__(self, hasher: Argon2Hasher | None = None) -> None:
        self._hash = PasswordHash((hasher or Argon2Hasher(),))

    def hash(self, password: str) -> str:
        """The hash to keep."""
        return self._hash.hash(password)

    def check(self, password: str, kept: str | None) -> tuple[bool, str | None]:
        """Whether it is the password of this hash, and a newer hash where that one is out of date.

        Without a hash nothing is right, which takes as long to find out.
        """
        nobodys = self._nobodys
        sent = password if _is_unicode(password) else ""
        good, newer = self._hash.verify_and_update(sent, kept or nobodys)
        return (good, newer) if kept is not None else (False, None)

    @cached_property
    def _nobodys(self) -> str:
        return self._hash.hash(_NOBODYS)


def _is_unicode(text: str) -> bool:
    """Whether it can be encoded; JSON may bring lone surrogates."""
    return not any("\ud800" <= sign <= "\udfff" for sign in text)
