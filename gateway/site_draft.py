"""A site file whose parts are valid by themselves, before it is said whether they fit together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from alerts.settings import RuleSettings
from gateway.site_problems import Fault, Path, suggestion
from gateway.site_settings import SiteSettings
from gateway.site_values import Value
from gateway.site_yaml import Node
from inventory.assets import Asset
from readers.settings import ReaderSettings
from zones.portal_settings import PortalSettings
from zones.settings import FloorSettings, ZoneSettings

ANCESTORS_MAX = 32

TELL_POSITIONS = {"mqtt", "http"}
"""Drivers whose sources may know where a tag is without hearing it in a zone."""

EntryT = TypeVar("EntryT")


@dataclass(frozen=True)
class Draft:
    """The parts of a site file that are valid by themselves, with their places in the file.

    `kept` holds for each list the places of the entries that `settings` has;
    `data` is the whole file as plain values, broken parts included. `now_ns` and `assets` are
    the time and the register that it is for, where they are known.
    """

    settings: SiteSettings
    kept: Mapping[str, Sequence[int]]
    data: Mapping[str, Value]
    tree: Node
    now_ns: int | None = None
    assets: Sequence[Asset] = ()

    def names(self, part: str) -> set[str]:
        """Return every name that a list states, so that broken entries are not unknown too."""
        return set(self._names.get(part, ()))

    def lacks(self, part: str, name: str) -> bool:
        """Tell whether a list has no such name; one that can not be read lacks nothing."""
        entries = self.data.get(part, None if part == "zones" else [])
        readable = isinstance(entries, list) and (bool(entries) or part != "zones")
        return readable and name not in self._names.get(part, ())

    def stated(self, part: str, key: str) -> list[tuple[Path, Value]]:
        """Return what the entries of a list say under `key`, broken ones included."""
        entries = self.data.get(part)
        return [
            ((part, place, key), entry[key])
            for place, entry in enumerate(entries if isinstance(entries, list) else [])
            if isinstance(entry, dict) and key in entry
        ]

    @cached_property
    def _names(self) -> dict[str, set[str]]:
        """The names that each list states."""
        stated = {part: [name for _, name in self.stated(part, "name")] for part in self.data}
        return {
            part: {str(name) for name in names if isinstance(name, str | int | float)} - {""}
            for part, names in stated.items()
        }

    @property
    def floors(self) -> list[tuple[Path, FloorSettings]]:
        """The valid floors and their places."""
        return self._placed("floors", self.settings.floors)

    @property
    def zones(self) -> list[tuple[Path, ZoneSettings]]:
        """The valid zones and their places."""
        return self._placed("zones", self.settings.zones)

    @property
    def readers(self) -> list[tuple[Path, ReaderSettings]]:
        """The valid readers and their places."""
        return self._placed("readers", self.settings.readers)

    @property
    def portals(self) -> list[tuple[Path, PortalSettings]]:
        """The valid portals and their places."""
        return self._placed("portals", self.settings.portals)

    @property
    def rules(self) -> list[tuple[Path, RuleSettings]]:
        """The valid rules and their places."""
        return self._placed("rules", self.settings.rules)

    def entries(self, part: str) -> list[tuple[Path, Any]]:
        """Return the entries of any of the lists."""
        return self._placed(part, getattr(self.settings, part))

    def _placed(self, part: str, entries: Sequence[EntryT]) -> list[tuple[Path, EntryT]]:
        return [
            ((part, place), entry) for place, entry in zip(self.kept[part], entries, strict=True)
        ]


def unknown(draft: Draft, path: Path, kind: str, name: str) -> Iterator[Fault]:
    """Say so where a list of the file has no such name."""
    if draft.lacks(f"{kind}s", name):
        known = draft.names(f"{kind}s")
        yield Fault(path, f"there is no {kind} '{name}'" + suggestion(name, known))


def ancestry(name: str, parents: Mapping[str, str | None]) -> list[str]:
    """Return `name`, its parent and so on; a name that stands there already ends the line.

    A line that goes on and on is cut.
    """
    line = [name]
    while len(line) <= ANCESTORS_MAX and (above := parents.get(line[-1])) is not None:
        if above in line:
            return [*line, above]
        line.append(above)
    return line
