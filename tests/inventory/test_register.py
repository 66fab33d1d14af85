"""The register: each tag is on one asset at most, and a change is done wholly or not at all."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory import register as register_module
from inventory.assets import Asset
from inventory.changes import Outcome, RemoveAsset, StoreAssets
from inventory.register import Register, RegisterState
from tags.epc import Identity, commission, encode
from tags.epc.values import SchemeName

THING = Identity("sgtin", "4012345", "098765", "42")
PALLET = Identity("sscc", "4012345", "0000000042")


def hex_of(identity: Identity, filter_value: int = 0, scheme: SchemeName | None = None) -> str:
    return encode(commission(identity, scheme, filter_value))


def asset(asset_id: str, *tags: str, **more: str) -> Asset:
    return Asset(id=asset_id, tags=tags, **more)


def storing(*assets: Asset, rebind: bool = False) -> StoreAssets:
    return StoreAssets(arrival_ns=1, by="ann", assets=assets, rebind=rebind)


def removing(name: str) -> RemoveAsset:
    return RemoveAsset(arrival_ns=1, by="ann", asset=name)


def holding(*assets: Asset) -> Register:
    register = Register(RegisterState())
    outcome, changed = register.store(storing(*assets))
    assert (outcome.refused, changed) == (None, list(assets))
    return register


def owner(register: Register, tag: str) -> str | None:
    found = register.asset_of(tag)
    return None if found is None else found.id


def test_an_asset_is_found_by_its_id_and_by_each_of_its_tags() -> None:
    register = holding(asset("A", "a1", "ble:x"), asset("B"))
    assert register.asset("A") == asset("A", "a1", "ble:x")
    assert register.asset("C") is None
    assert [owner(register, tag) for tag in ("a1", "ble:x", "a2")] == ["A", "A", None]


def test_storing_again_replaces_the_asset_and_its_tags() -> None:
    register = holding(asset("A", "a1", "a2"))
    _, changed = register.store(storing(asset("A", "a2", "a3", name="new")))
    assert changed == [asset("A", "a2", "a3", name="new")]
    assert [owner(register, tag) for tag in ("a1", "a2", "a3")] == [None, "A", "A"]


def test_storing_what_is_there_changes_nothing() -> None:
    register = holding(asset("A", "a1"))
    assert register.store(storing(asset("A", "a1"))) == (Outcome(), [])


# Refusals


def refusal(register: Register, *assets: Asset) -> Outcome:
    before = msgspec.msgpack.encode(register.state)
    owners = dict(register._owners)
    outcome, changed = register.store(storing(*assets))
    assert changed == []
    assert (msgspec.msgpack.encode(register.state), register._owners) == (before, owners)
    assert register.check(storing(*assets)) == outcome
    return outcome


def test_a_tag_of_another_asset_is_a_conflict_that_names_both_and_stores_nothing() -> None:
    register = holding(asset("A", "a1"))
    outcome = refusal(register, asset("B", "b1"), asset("C", "c1", "a1"))
    assert (outcome.refused, outcome.field, outcome.row) == ("conflict", "tags", 2)
    assert "a1" in outcome.detail
    assert "'A'" in outcome.detail


def test_a_tag_given_to_two_assets_is_invalid_even_with_rebind() -> None:
    register = holding()
    outcome = refusal(register, asset("A", "a1"), asset("B", "a1"))
    assert (outcome.refused, outcome.field, outcome.row) == ("invalid", "tags", 2)
    assert "a1" in outcome.detail
    both = storing(asset("A", "a1"), asset("B", "a1"), rebind=True)
    assert register.store(both)[0].refused == "invalid"


def test_an_asset_needs_an_id() -> None:
    outcome = refusal(holding(), asset("A"), asset(""))
    assert (outcome.refused, outcome.field, outcome.row) == ("invalid", "id", 2)


def test_an_asset_stands_once_in_a_change() -> None:
    outcome = refusal(holding(), asset("A", "a1"), asset("B"), asset("A", "a2"))
    assert (outcome.refused, outcome.field, outcome.row) == ("invalid", "id", 3)
    assert "'A'" in outcome.detail


def test_what_would_be_done_is_not_refused() -> None:
    register = holding(asset("A", "a1"))
    assert register.check(storing(asset("B", "b1"))) is None
    assert register.check(storing(asset("B", "a1"), rebind=True)) is None
    assert register.asset("B") is None


# Rebinding


def test_rebinding_takes_the_tag_over_and_tells_of_both_assets() -> None:
    register = holding(asset("A", "a1", "a2", name="old"))
    outcome, changed = register.store(storing(asset("B", "a1"), rebind=True))
    assert outcome.refused is None
    assert changed == [asset("A", "a2", name="old"), asset("B", "a1")]
    assert [owner(register, tag) for tag in ("a1", "a2")] == ["B", "A"]


def test_several_tags_are_taken_from_one_asset() -> None:
    register = holding(asset("A", "a1", "a2", "a3"))
    _, changed = register.store(storing(asset("B", "a1", "a3"), rebind=True))
    assert changed == [asset("A", "a2"), asset("B", "a1", "a3")]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_assets_of_one_change_swap_tags_without_rebind(order: tuple[int, int]) -> None:
    register = holding(asset("A", "a1"), asset("B", "b1"))
    swapped = (asset("A", "b1"), asset("B", "a1"))
    outcome, changed = register.store(storing(*(swapped[n] for n in order)))
    assert outcome.refused is None
    assert sorted(changed, key=lambda one: one.id) == list(swapped)
    assert [owner(register, tag) for tag in ("a1", "b1")] == ["B", "A"]


# Removing


def test_a_removed_asset_frees_its_tags() -> None:
    register = holding(asset("A", "a1"), asset("B", "b1"))
    assert register.remove(removing("A")) == (Outcome(), asset("A", "a1"))
    assert (register.asset("A"), owner(register, "a1"), owner(register, "b1")) == (None, None, "B")
    assert register.store(storing(asset("C", "a1")))[0].refused is None


def test_removing_what_is_not_there_is_refused_by_name() -> None:
    outcome, removed = holding().remove(removing("A"))
    assert (outcome.refused, removed) == ("unknown", None)
    assert "'A'" in outcome.detail


# Pure identities


@pytest.mark.parametrize("filter_value", range(8))
@pytest.mark.parametrize("scheme", ["sgtin-96", "sgtin-198"])
def test_a_bound_identity_matches_every_tag_that_can_carry_it(
    filter_value: int, scheme: SchemeName
) -> None:
    register = holding(asset("A", THING.uri))
    assert owner(register, hex_of(THING, filter_value, scheme)) == "A"
    assert owner(register, THING.uri) == "A"


def test_other_identities_do_not_match() -> None:
    register = holding(asset("A", THING.uri))
    other = msgspec.structs.replace(THING, serial="43")
    assert owner(register, hex_of(other)) is None
    assert [owner(register, tag) for tag in ("ble:x", "a1", "ffff")] == [None, None, None]


def test_a_tag_that_is_bound_itself_goes_before_its_identity() -> None:
    register = holding(asset("A", THING.uri), asset("B", hex_of(THING, 3)))
    assert owner(register, hex_of(THING, 3)) == "B"
    assert owner(register, hex_of(THING, 4)) == "A"


def test_the_binding_is_the_name_that_the_asset_carries() -> None:
    register = holding(asset("A", THING.uri), asset("B", hex_of(THING, 3)))
    assert register.binding(hex_of(THING, 1)) == THING.uri
    assert register.binding(hex_of(THING, 3)) == hex_of(THING, 3)
    assert register.binding("ffff") == "ffff"


def _no_decoding(tag: str) -> str | None:
    raise AssertionError(tag)


def test_no_code_is_decoded_while_no_asset_carries_an_identity(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    register = holding(asset("A", "a1"), asset("B", THING.uri), asset("C", PALLET.uri))
    register.remove(removing("B"))
    register.store(storing(asset("C", "c1"), asset("D", THING.uri, THING.uri)))
    register.remove(removing("D"))
    monkeypatch.setattr(register_module, "pure_identity", _no_decoding)
    assert owner(register, hex_of(THING)) is None
    assert owner(Register(register.state), hex_of(PALLET)) is None


def test_a_tag_that_is_bound_itself_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    register = holding(asset("A", hex_of(THING)), asset("B", PALLET.uri))
    monkeypatch.setattr(register_module, "pure_identity", _no_decoding)
    assert owner(register, hex_of(THING)) == "A"


# The register does what a plain dict would do

_NAMES = st.sampled_from(("A", "B", "C"))
_TAGS = ("a1", "b2", THING.uri, hex_of(THING, 2), PALLET.uri)
_HEARD = (*_TAGS, hex_of(THING, 5), hex_of(PALLET, 1))
_IDENTITY_OF = {
    hex_of(THING, 2): THING.uri,
    hex_of(THING, 5): THING.uri,
    hex_of(PALLET, 1): PALLET.uri,
}
_assets = st.builds(
    Asset,
    id=_NAMES,
    name=st.sampled_from(("", "x")),
    tags=st.lists(st.sampled_from(_TAGS), max_size=3, unique=True).map(tuple),
)
_changes = st.one_of(
    st.builds(
        StoreAssets,
        arrival_ns=st.just(1),
        by=st.just("ann"),
        assets=st.lists(_assets, max_size=3).map(tuple),
        rebind=st.booleans(),
    ),
    st.builds(RemoveAsset, arrival_ns=st.just(1), by=st.just("ann"), asset=_NAMES),
)


class Model:
    """Assets by id, and for each question a walk over all of them."""

    def __init__(self) -> None:
        self.assets: dict[str, Asset] = {}

    def apply(self, change: Any) -> bool:  # noqa: ANN401 -- either kind of change
        if isinstance(change, RemoveAsset):
            return self.assets.pop(change.asset, None) is not None
        ids = [one.id for one in change.assets]
        tags = [tag for one in change.assets for tag in one.tags]
        taken = {tag for one in self.assets.values() if one.id not in ids for tag in one.tags}
        if len({*ids}) < len(ids) or len({*tags}) < len(tags):
            return False
        if taken & {*tags} and not change.rebind:
            return False
        for one in self.assets.values():
            kept = tuple(tag for tag in one.tags if tag not in tags)
            self.assets[one.id] = msgspec.structs.replace(one, tags=kept)
        self.assets |= {one.id: one for one in change.assets}
        return True

    def owner(self, tag: str) -> str | None:
        for name in (tag, _IDENTITY_OF.get(tag)):
            for one in self.assets.values():
                if name in one.tags:
                    return one.id
        return None


def _apply(register: Register, change: StoreAssets | RemoveAsset) -> tuple[Outcome, set[str]]:
    if isinstance(change, RemoveAsset):
        outcome, removed = register.remove(change)
        return outcome, set() if removed is None else {removed.id}
    outcome, changed = register.store(change)
    assert all(register.asset(one.id) == one for one in changed)
    assert len({one.id for one in changed}) == len(changed)
    return outcome, {one.id for one in changed}


@given(st.lists(_changes, max_size=12))
def test_the_register_holds_and_finds_what_a_plain_dict_would(
    changes: list[StoreAssets | RemoveAsset],
) -> None:
    register, model = Register(RegisterState()), Model()
    for change in changes:
        before = dict(model.assets)
        done = model.apply(change)
        outcome, changed = _apply(register, change)
        assert (outcome.refused is None) is done
        assert changed == {
            name
            for name in before.keys() | model.assets.keys()
            if before.get(name) != model.assets.get(name)
        }
        assert register.state.assets == model.assets
        for found in (register, Register(register.state)):
            assert [owner(found, tag) for tag in _HEARD] == [model.owner(tag) for tag in _HEARD]
