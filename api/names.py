"""Names of assets, zones, readers, portals, alerts and sensors in a path; they may hold slashes."""

from starlette.convertors import Convertor, register_url_convertor

# What follows a name in some path. A name that ends like this is asked for by the list only:
# a slip such as PUT assets/A1/history must not make an asset of that name.
RESERVED = (
    "position",
    "history",
    "custody",
    "assets",
    "visits",
    "acknowledge",
    "reset",
    "shelve",
    "unshelve",
    "assign",
    "comment",
    "log",
    "series",
    "maintenance",
    "settings",
    "plan",
)


class NameConvertor(Convertor[str]):
    """Takes the rest of a path up to a reserved word."""

    regex = ".+" + "".join(f"(?<!/{word})" for word in RESERVED)

    def convert(self, value: str) -> str:
        """Give the name as it was sent."""
        return value

    def to_string(self, value: str) -> str:
        """Give the name as it is sent."""
        return value


def register_names() -> None:
    """Let paths say `{asset:name}`. May be called again."""
    register_url_convertor("name", NameConvertor())
