"""What is known of a tag, asked while another thread decides."""

from typing import Any

from zones.bins import Cell, Slot
from zones.tracks import LocateState, heard_ns

TAG = "3034257bf400b7800004cb2f"


class Opening(dict[str, Cell]):
    """A bin during whose look another one is opened."""

    def __init__(self, bins: dict[int, Slot]) -> None:
        super().__init__({TAG: Cell(("dock", 1), 1, -5_000, -5_000, 7, 7)})
        self._bins = bins

    def __contains__(self, tag: object) -> bool:
        self._bins[len(self._bins)] = {}
        return super().__contains__(tag)

    def get(self, tag: str, default: Any = None) -> Any:  # noqa: ANN401 -- as dict declares it
        self._bins[len(self._bins)] = {}
        return super().get(tag, default)


def test_when_a_tag_was_heard_is_told_while_bins_are_opened() -> None:
    state = LocateState()
    state.bins[0] = Opening(state.bins)
    assert heard_ns(state, TAG) == 7
