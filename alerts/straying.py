"""Assets that are out against the terms of a check-out, until they are back."""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from alerts.permits import Exit, Permit
from inventory.custody import OUT_MAX, Stray

DETAIL_CHARS_MAX = 500
"""Enough to name a few gates; a check-out may name more than anybody reads."""


def go_astray(strays: dict[str, Stray], asset_id: str, stray: Stray, rule_name: str) -> None:
    """Note that a rule saw an asset astray; what is known of it stays, if it is so already."""
    if asset_id not in strays:
        make_room(strays)
    known = strays.get(asset_id, stray)
    strays[asset_id] = replace(known, rules=tuple(dict.fromkeys((*known.rules, rule_name))))


def stray_of(permit: Permit, fact: Exit) -> Stray:
    """An asset that left otherwise than it might."""
    return Stray(
        checkout=permit.checkout,
        verdict=permit.verdict,
        time_ns=fact.time_ns,
        rules=(),
        detail=permit.detail[:DETAIL_CHARS_MAX],
    )


def end_straying(strays: dict[str, Stray], asset_id: str, rule_name: str) -> Stray | None:
    """A rule says that it is kept again; how the asset was astray, if it is so no more."""
    stray = strays.get(asset_id)
    if stray is None:
        return None
    rules = tuple(name for name in stray.rules if name != rule_name)
    if rules:
        strays[asset_id] = replace(stray, rules=rules)
        return None
    return strays.pop(asset_id)


def drop_strays(strays: dict[str, Stray], checkout: str) -> list[str]:
    """Forget those of a check-out that is closed; those of them that were told as overdue."""
    astray = [asset_id for asset_id, stray in strays.items() if stray.checkout == checkout]
    return [asset_id for asset_id in astray if strays.pop(asset_id).told]


def only(rules: Iterable[str], known: frozenset[str]) -> tuple[str, ...]:
    """Those rules that there are."""
    return tuple(name for name in rules if name in known)


def make_room(kept: dict[str, Any]) -> None:
    """Forget what was noted first where no more than this may be noted."""
    if len(kept) >= OUT_MAX:
        del kept[next(iter(kept))]
