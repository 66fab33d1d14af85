"""The register as it is in `state.db`, as values."""

import sqlite3
from collections import defaultdict
from collections.abc import Sequence

from inventory.assets import Asset


def registered_assets(reader: sqlite3.Connection) -> list[Asset]:
    """All assets with the tags that they carry now, in the order in which they were added.

    `reader` is what `open_reader` gives.
    """
    tags: defaultdict[str, list[str]] = defaultdict(list)
    bound = "SELECT asset, tag FROM bindings WHERE unbound_ns IS NULL ORDER BY rowid"
    for asset, tag in reader.execute(bound):
        tags[asset].append(tag)
    return [
        asset_in(row, tags[row["id"]])
        for row in reader.execute("SELECT * FROM assets ORDER BY added_seq")
    ]


def asset_in(row: sqlite3.Row, tags: Sequence[str]) -> Asset:
    """The asset in a row of the table `assets`, with the tags that it carries."""
    return Asset(
        id=row["id"],
        name=row["name"],
        category=row["category"],
        tags=tuple(tags),
        group=row["grouping"],
        sku=row["sku"],
        serial=row["serial"],
        lot=row["lot"],
        owner=row["owner"],
        home_zone=row["home_zone"],
        status=row["status"],
    )
