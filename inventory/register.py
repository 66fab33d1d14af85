"""The register: which assets there are and which tags they carry. Pure; changes all or nothing."""

import msgspec

from inventory.assets import Asset, version_of
from inventory.changes import DONE, Outcome, RemoveAsset, StoreAssets
from tags.epc.values import ID_PREFIX
from tags.identity import pure_identity


class RegisterState(msgspec.Struct):
    """Plain data: assets by id."""

    assets: dict[str, Asset] = {}


class Register:
    """Assets by id and by tag. A tag is matched as it is, or by its pure-identity URI."""

    def __init__(self, state: RegisterState) -> None:
        self.state = state
        self._owners: dict[str, str] = {}
        self._uris_bound = 0
        for asset in state.assets.values():
            self._own(asset)

    def asset(self, asset_id: str) -> Asset | None:
        """The asset with this id."""
        return self.state.assets.get(asset_id)

    def asset_of(self, tag: str) -> Asset | None:
        """The asset that carries this tag now."""
        owner = self._owners.get(self.binding(tag))
        return None if owner is None else self.state.assets[owner]

    def binding(self, tag: str) -> str:
        """The name under which an asset carries this tag: the tag itself, or a bound URI for it.

        No code is decoded while no asset carries a URI.
        """
        if self._uris_bound == 0 or tag in self._owners:
            return tag
        uri = pure_identity(tag)
        return uri if uri is not None and uri in self._owners else tag

    def store(self, change: StoreAssets) -> tuple[Outcome, list[Asset]]:
        """Add or replace assets; what changed, with assets that lost a tag to another one."""
        refused = self.check(change)
        if refused is not None:
            return refused, []
        changed: dict[str, Asset] = {}
        for asset in change.assets:
            self._release(asset, changed)
            if self.state.assets.get(asset.id) != asset:
                self._replace(asset)
                changed[asset.id] = asset
        return DONE, list(changed.values())

    def remove(self, change: RemoveAsset) -> tuple[Outcome, Asset | None]:
        """Forget an asset; the one that was removed."""
        asset = self.state.assets.get(change.asset)
        if asset is None:
            return Outcome("unknown", f"there is no asset {change.asset!r}"), None
        refused = None if change.expected is None else self._changed(asset.id, change.expected)
        if refused is not None:
            return refused, None
        del self.state.assets[asset.id]
        self._disown(asset)
        return DONE, asset

    def check(self, change: StoreAssets) -> Outcome | None:
        """Why the change would be refused; None if it would be done."""
        for asset_id, versions in change.expected.items():
            refused = self._changed(asset_id, versions)
            if refused is not None:
                return refused
        claimed: dict[str, str] = {}
        moving: set[str] = set()
        for row, asset in enumerate(change.assets, start=1):
            if not asset.id:
                return Outcome("invalid", "an asset needs an id", "id", row)
            if asset.id in moving:
                return Outcome("invalid", f"asset {asset.id!r} stands twice", "id", row)
            moving.add(asset.id)
            for tag in asset.tags:
                other = claimed.setdefault(tag, asset.id)
                if other != asset.id:
                    text = f"tag {tag} is given to both {other!r} and {asset.id!r}"
                    return Outcome("invalid", text, "tags", row)
        return None if change.rebind else self._check_owners(change, moving)

    def _changed(self, asset_id: str, versions: tuple[str, ...]) -> Outcome | None:
        """Why an asset is not what somebody takes it for; None if it is."""
        asset = self.state.assets.get(asset_id)
        if asset is None:
            text = f"there is no asset {asset_id!r}"
            return Outcome("changed", text) if versions else None
        if "*" in versions or (versions and version_of(asset) in versions):
            return None
        text = "is another one by now" if versions else "is there already"
        return Outcome("changed", f"asset {asset_id!r} {text}")

    def _check_owners(self, change: StoreAssets, moving: set[str]) -> Outcome | None:
        for row, asset in enumerate(change.assets, start=1):
            for tag in asset.tags:
                owner = self._owners.get(tag, asset.id)
                if owner != asset.id and owner not in moving:
                    text = f"tag {tag} is on asset {owner!r}; set rebind to take it from there"
                    return Outcome("conflict", text, "tags", row)
        return None

    def _release(self, asset: Asset, changed: dict[str, Asset]) -> None:
        for tag in asset.tags:
            owner = self._owners.get(tag)
            if owner is not None and owner != asset.id:
                former = self.state.assets[owner]
                kept = tuple(other for other in former.tags if other != tag)
                self._replace(msgspec.structs.replace(former, tags=kept))
                changed[owner] = self.state.assets[owner]

    def _replace(self, asset: Asset) -> None:
        former = self.state.assets.get(asset.id)
        if former is not None:
            self._disown(former)
        self.state.assets[asset.id] = asset
        self._own(asset)

    def _own(self, asset: Asset) -> None:
        for tag in asset.tags:
            if tag not in self._owners and tag.startswith(ID_PREFIX):
                self._uris_bound += 1
            self._owners[tag] = asset.id

    def _disown(self, asset: Asset) -> None:
        for tag in asset.tags:
            if self._owners.get(tag) == asset.id:
                del self._owners[tag]
                self._uris_bound -= tag.startswith(ID_PREFIX)
