"""The routes of erasures."""

from typing import Literal

from api import erasures
from api.erasures import ErasureBody
from api.route import API, Route, rows, takes
from api.shapes import Shape, Time

_LIST = API + "/erasures"


class ErasureShape(Shape):
    """What was erased, and where names still stand; `finished` is null until nothing else does."""

    id: str
    seq: int
    kind: Literal["asset", "person"]
    mode: Literal["delete", "pseudonymise"]
    pseudonym: str
    reason: str
    by: str
    asked: Time
    finished: Time | None
    rows: dict[str, int]
    remains: list[str]


ERASURE_ROUTES: tuple[Route, ...] = (
    rows(_LIST, erasures.list_erasures, ErasureShape, "erase"),
    Route(
        "POST",
        _LIST,
        erasures.erase,
        "erase",
        ErasureShape,
        takes=takes(ErasureBody),
        statuses=(201,),
    ),
    Route("GET", _LIST + "/{erasure}", erasures.show_erasure, "erase", ErasureShape),
)
