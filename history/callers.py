"""Who asks: a key or a person, with the role they have and the part of the site they may see."""

from typing import Literal, get_args

import msgspec

Role = Literal["ingest", "viewer", "guard", "operator", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
CallerKind = Literal["key", "person", "display"]
"""A display is a browser of a wall that a key let in; `id` and `name` are those of the key."""


class Scope(msgspec.Struct, frozen=True, gc=False):
    """The part of a site that somebody may see; None is all of it.

    `zones` are names of zones, with whatever lies inside of them; `groups` are groups of
    assets. Where both are given, a thing has to be in both.
    """

    zones: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing is hidden."""
        return self.zones is None and self.groups is None


EVERYTHING = Scope()


class Caller(msgspec.Struct, frozen=True, gc=False):
    """Who asks, and what they may do.

    `name` stands in lists and in the audit log. `rights` are the only ones of the role that
    are granted, None all of them. `expires_ns` is when it stops being known.
    """

    id: str
    name: str
    role: Role
    scope: Scope = EVERYTHING
    rights: frozenset[str] | None = None
    kind: CallerKind = "key"
    expires_ns: int | None = None
