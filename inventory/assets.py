"""An asset and what is known of it."""

import hashlib

import msgspec


class Asset(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One thing that the site cares about; only `id` is required.

    `tags` are normalised identities (lower-case hex EPC, or prefixed).
    """

    id: str
    name: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    group: str = ""
    sku: str = ""
    serial: str = ""
    lot: str = ""
    owner: str = ""
    home_zone: str = ""
    status: str = ""


def version_of(asset: Asset) -> str:
    """Sixteen hex digits that are others as soon as anything of the asset is."""
    return hashlib.sha256(msgspec.json.encode(asset)).hexdigest()[:16]
