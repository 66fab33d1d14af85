"""What callers see of the site as it is now, made once for each limit and floor plan."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Protocol

from starlette.requests import HTTPConnection

from api.access import ASKED_CHARS_MAX, Access
from api.problems import ProblemError, printable
from history.callers import Caller, Scope
from history.scope import UNLIMITED, Sight, sight_of
from zones.floorplan import NO_PLAN, FloorPlan

_KEPT_MAX = 1024


class Ground(Protocol):
    """What sights are made of; a desk has it."""

    @property
    def plan(self) -> FloorPlan:
        """The floor plan that holds."""
        ...

    def group_of(self, asset: str) -> str | None:
        """The group of an asset, None if it is not registered."""
        ...


class Sights:
    """Sights by scope; another floor plan makes them anew."""

    def __init__(self, desk: Ground) -> None:
        self._desk = desk
        self._plan = NO_PLAN
        self._kept: OrderedDict[Scope, Sight] = OrderedDict()

    def of(self, scope: Scope) -> Sight:
        """What a scope means on the floor plan that holds now."""
        if scope.is_everything:
            return UNLIMITED
        plan = self._desk.plan
        if plan is not self._plan:
            self._plan = plan
            self._kept.clear()
        sight = self._kept.get(scope)
        if sight is None:
            sight = self._kept[scope] = sight_of(scope, plan)
            while len(self._kept) > _KEPT_MAX:
                _ = self._kept.popitem(last=False)
        return sight

    def sees(self, scope: Scope, kind: str, body: Mapping[str, Any]) -> bool:
        """Whether a scope holds an event of the stream, by its kind and body."""
        return self.of(scope).sees(kind, body, self._desk.group_of)


async def refuse_limited(connection: HTTPConnection, caller: Caller) -> None:
    """Refuse a caller who may see a part of the site only (403); it stands in the audit log."""
    if caller.scope.is_everything:
        return
    access: Access = connection.app.state.access
    access.count_denial("scope")
    scope = connection.scope
    asked = printable(f"{scope.get('method', 'WebSocket')} {scope['path']}", ASKED_CHARS_MAX)
    await connection.app.state.desk.note_denial(caller.name, asked, caller.role)
    raise ProblemError(
        403, f"This {caller.kind} is limited to a part of the site; this is about all of it."
    )
