"""The second copy of the newest groups: whole, in order, and only where they follow on."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import second_copy
from gateway.second_copy import NAMES, SecondCopy

BLOBS = [bytes([n]) * (n % 50 + 1) for n in range(1, 40)]


def written(folder: Path, blobs: list[bytes], first: int = 1) -> None:
    copy = SecondCopy(folder, b"")
    for position, blob in enumerate(blobs, first):
        copy.add([(position, blob)])
    copy.close()


@given(known=st.integers(1, len(BLOBS)))
def test_what_follows_on_a_group_is_given_in_order(
    known: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("copy")
    written(folder, BLOBS)
    found = list(SecondCopy(folder, BLOBS[known - 1]).behind(known))
    assert found == list(enumerate(BLOBS[known:], known + 1))


def test_nothing_follows_on_another_group_at_the_same_position(tmp_path: Path) -> None:
    written(tmp_path, BLOBS)
    assert list(SecondCopy(tmp_path, b"another state.db").behind(5)) == []


@given(torn=st.integers(1, 3000), bit=st.integers(0, 7))
def test_a_torn_record_hides_no_other_one(
    torn: int, bit: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("copy")
    written(folder, BLOBS)
    path = folder / NAMES[0] if (folder / NAMES[0]).exists() else folder / NAMES[1]
    content = bytearray(path.read_bytes())
    at = torn % len(content)
    content[at] ^= 1 << bit
    path.write_bytes(content)
    whole = sum(
        1 for n in range(len(BLOBS)) if list(SecondCopy(folder, BLOBS[n - 1]).behind(n))[:1]
    )
    assert whole >= len(BLOBS) - 3


def test_two_files_by_turns_never_lose_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(second_copy, "BYTES_MAX", 300)
    written(tmp_path, BLOBS)
    sizes = [(tmp_path / name).stat().st_size for name in NAMES]
    assert all(0 < size < 600 for size in sizes)
    kept = len(BLOBS) - 5
    assert [at for at, _ in SecondCopy(tmp_path, BLOBS[kept - 1]).behind(kept)] == list(
        range(kept + 1, len(BLOBS) + 1)
    )


def test_a_folder_without_room_stops_nothing(tmp_path: Path) -> None:
    copy = SecondCopy(tmp_path / "not there", b"")
    copy.add([(1, b"a")])
    assert list(copy.behind(0)) == []
