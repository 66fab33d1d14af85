"""ETag, If-Match and If-None-Match: change something only while it is what you take it for."""

import re
from typing import NamedTuple

from fastapi import Request

from api.problems import invalid

_TAGS_MAX = 20
_ETAG = re.compile(r'(?:W/)?"([!#-~]{0,200})"')
ANY = "*"


class Conditions(NamedTuple):
    """The versions of which it must have one (None: no condition), and those it must not have."""

    match: tuple[str, ...] | None
    none_match: tuple[str, ...]

    @property
    def only_new(self) -> bool:
        """Whether there must be none of it yet."""
        return ANY in self.none_match

    @property
    def versions(self) -> tuple[str, ...] | None:
        """The versions of which it must have one; empty: it must not be there; None: no matter."""
        return () if self.only_new else self.match


def conditions_of(request: Request) -> Conditions:
    """Read the conditions of a request. 422 for what can not be read."""
    match = request.headers.get("if-match")
    none_match = request.headers.get("if-none-match", "")
    return Conditions(
        None if match is None else _versions("If-Match", match, weak=False),
        _versions("If-None-Match", none_match, weak=True) if none_match else (),
    )


def etag_of(version: str) -> str:
    """The header that says this version."""
    return f'"{version}"'


def _versions(header: str, text: str, *, weak: bool) -> tuple[str, ...]:
    """The versions in a header; a weak one never matches where a strong one is asked for."""
    if text.strip() == ANY:
        return (ANY,)
    found: list[str] = []
    for part in text.split(",")[:_TAGS_MAX]:
        match = _ETAG.fullmatch(part.strip())
        if match is None:
            raise invalid(header, 'must be `*` or such as "8f2d6c4e9a1b3c5d", with the quotes')
        if weak or not part.strip().startswith("W/"):
            found.append(match[1])
    return tuple(found) or ("",)
