"""Which assets a rule is for."""

from fnmatch import fnmatchcase

from alerts.settings import AssetSelector
from inventory.assets import Asset

Patterns = str | tuple[str, ...] | None


def selects(selector: AssetSelector, asset: Asset | None, tag: str) -> bool:
    """Whether a rule is for this asset, or for this tag that no asset carries.

    A tag without an asset is only selected by a `tag` pattern.
    """
    if asset is None:
        of_assets = (selector.id, selector.category, selector.group)
        named = any(patterns is not None for patterns in of_assets)
        wanted = selector.tag is not None and not named and matches(selector.tag, (tag,))
    else:
        wanted = (
            matches(selector.id, (asset.id,))
            and matches(selector.category, (asset.category,))
            and matches(selector.group, (asset.group,))
            and matches(selector.tag, (*asset.tags, tag))
        )
    if not wanted or selector.exclude is None:
        return wanted
    return not selects(selector.exclude, asset, tag)


def matches(patterns: Patterns, texts: tuple[str, ...]) -> bool:
    """Whether one of the patterns fits one of the texts; no patterns fit all."""
    if patterns is None:
        return True
    several = (patterns,) if isinstance(patterns, str) else patterns
    return any(_matches_one(pattern, text) for text in texts for pattern in several)


def _matches_one(pattern: str, text: str) -> bool:
    if "*" not in pattern and "?" not in pattern:
        return text == pattern
    return fnmatchcase(text, pattern.replace("[", "[[]"))
