"""Which topics a topic filter stands for (MQTT 5.0, 4.7)."""


def matches(topic_filter: str, topic: str) -> bool:
    """Whether `topic` is one of those that `topic_filter` (without `$share/…`) stands for."""
    if topic.startswith("$") and topic_filter[:1] in {"+", "#"}:
        return False  # what the broker says of itself is heard by name only
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if wanted[-1] == "#":
        wanted.pop()
        # `a/#` stands for `a` as well.
        levels = levels[: len(wanted)]
    return len(wanted) == len(levels) and all(
        want in {"+", level} for want, level in zip(wanted, levels, strict=True)
    )


def surroundings(topic_filter: str) -> str:
    """A filter for all that is published near: below the first level, where that has a name."""
    first = topic_filter.split("/", maxsplit=1)[0]
    return "#" if first in {"", "+", "#"} else f"{first}/#"
