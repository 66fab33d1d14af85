"""What is remembered of tags that far places hear at once. Plain data."""

import msgspec


class Sides(msgspec.Struct, gc=False, array_like=True):
    """The zone that a tag is in, another one far from it, and when each side heard the tag.

    `turns` are the times (ns) at which the other side followed too soon. `began_ns` is when
    the conflict began, 0 as long as there is none.
    """

    home: str
    other: str
    home_ns: int
    other_ns: int
    turns: tuple[int, ...] = ()
    is_away: bool = True
    began_ns: int = 0
