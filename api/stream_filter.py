"""What somebody wants of the stream: kinds of events, and what they are about."""

from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple, get_args

from fastapi import Query

from alerts.alert import Severity
from api.feed import Frame
from api.lists import Tag, Text
from api.problems import invalid

Kind = Literal["movement", "crossing", "alert", "reader", "notice", "event"]
KINDS: tuple[Kind, ...] = get_args(Kind)

GroupOf = Callable[[str], str | None]
"""The group of an asset; None where there is no such asset."""

_TYPES_CHARS_MAX = 200


class Wanted(NamedTuple):
    """A filter of the stream; what is None lets everything pass.

    A filter that an event can not meet leaves it out: nothing about a reader has an asset.
    `zone` is either end of a movement or an alert. A group is that of the asset as it is now.
    """

    kinds: tuple[Kind, ...] | None = None
    zone: str | None = None
    asset: str | None = None
    tag: str | None = None
    group: str | None = None
    rule: str | None = None
    severity: str | None = None

    def passes(self, frame: Frame, group_of: GroupOf) -> bool:
        """Whether an event of the stream is wanted."""
        if self.kinds is not None and frame.kind not in self.kinds:
            return False
        if self[1:] == _ANYTHING:
            return True
        body = frame.body
        if self.zone is not None and self.zone not in {body.get("from"), body.get("to")}:
            return False
        asset = body.get("asset")
        if self.group is not None and (asset is None or group_of(asset) != self.group):
            return False
        exactly = ("asset", self.asset), ("tag", self.tag), ("rule", self.rule)
        return all(
            value is None or body.get(name) == value
            for name, value in (*exactly, ("severity", self.severity))
        )


_ANYTHING = Wanted()[1:]


async def wanted_events(  # noqa: PLR0913, PLR0917 -- each argument is a parameter of the query
    types: Annotated[
        str | None,
        Query(
            max_length=_TYPES_CHARS_MAX,
            description=f"Any of {', '.join(KINDS)}, with commas between them.",
        ),
    ] = None,
    zone: Annotated[Text, Query(description="From or to this zone.")] = None,
    asset: Text = None,
    tag: Tag = None,
    group: Annotated[Text, Query(description="Of assets of this group.")] = None,
    rule: Annotated[Text, Query(description="Alerts of this rule.")] = None,
    severity: Annotated[Severity | None, Query(description="Alerts of this severity.")] = None,
) -> Wanted:
    """Read what the stream is narrowed to."""
    kinds = None if types is None else _kinds(types)
    return Wanted(kinds, zone, asset, tag, group, rule, severity)


def _kinds(types: str) -> tuple[Kind, ...]:
    asked = {each.strip() for each in types.split(",")}
    kinds: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind in asked)
    if len(kinds) != len(asked):
        raise invalid("types", f"must be any of {', '.join(KINDS)}, with commas between them")
    return kinds
