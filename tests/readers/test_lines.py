from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from readers.wire.lines import LineSplitter


def split(
    chunks: list[bytes],
    **framing: Any,  # noqa: ANN401 -- whatever a splitter takes
) -> tuple[list[bytes], dict[str, int]]:
    splitter = LineSplitter(**framing)
    lines = [line for chunk in chunks for line in splitter.feed(chunk)]
    return lines, splitter.bad


def chopped(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


class TestEnds:
    def test_cr_lf_and_both_end_a_line(self) -> None:
        assert split([b"a\rb\nc\r\nd\n\re"]) == ([b"a", b"b", b"c", b"d"], {})

    def test_a_suffix_of_its_own_ends_a_line(self) -> None:
        assert split([b"a##b#", b"#c#d##"], suffix=b"##")[0] == [b"a", b"b", b"c#d"]

    def test_a_suffix_before_cr_is_taken_off_and_may_stand_inside(self) -> None:
        assert split([b"a\x03b\x03\r\nc\r"], suffix=b"\x03\r\n")[0] == [b"a\x03b", b"c"]

    def test_only_what_follows_the_prefix_counts(self) -> None:
        lines, bad = split([b"\x02a\r", b"noise\x02b\r", b"c\r"], prefix=b"\x02")
        assert lines == [b"a", b"b"]
        assert bad == {"noise": 2}


class TestPauses:
    def test_a_pause_ends_the_line_of_a_scanner_without_ends(self) -> None:
        splitter = LineSplitter()
        assert splitter.feed(b"4006381333931") == []
        assert splitter.pause() == [b"4006381333931"]
        assert splitter.pause() == []

    def test_where_ends_are_marked_a_pause_throws_the_half_line_away(self) -> None:
        splitter = LineSplitter()
        splitter.feed(b"first\r40063")
        assert splitter.pause() == []
        assert splitter.feed(b"second\r") == [b"second"]
        assert splitter.take_bad() == {"half_line": 1}
        assert splitter.take_bad() == {}

    def test_a_configured_suffix_is_a_marked_end_from_the_start(self) -> None:
        splitter = LineSplitter(suffix=b"\r")
        splitter.feed(b"40063")
        assert splitter.pause() == []

    def test_a_drip_of_single_bytes_is_no_line(self) -> None:
        splitter = LineSplitter()
        assert [
            line for byte in b"4006" for line in (*splitter.feed(bytes([byte])), *splitter.pause())
        ] == []
        assert splitter.bad == {"half_line": 4}

    def test_a_pause_ends_a_line_that_is_too_long(self) -> None:
        splitter = LineSplitter(bytes_max=8)
        splitter.feed(b"x" * 100)
        assert splitter.waiting
        assert splitter.pause() == []
        assert splitter.bad == {"long_line": 1}
        splitter.feed(b"good")
        assert splitter.pause() == [b"good"]


class TestLimits:
    def test_a_line_that_is_too_long_is_dropped_and_the_next_one_is_heard(self) -> None:
        lines, bad = split([b"x" * 9 + b"\rgood\r"], bytes_max=8)
        assert (lines, bad) == ([b"good"], {"long_line": 1})

    def test_memory_stays_within_its_limit(self) -> None:
        splitter = LineSplitter(bytes_max=100, suffix=b"##")
        for _ in range(10_000):
            splitter.feed(b"x" * 1000)
            assert splitter.waiting <= 101
        assert splitter.feed(b"##good##") == [b"good"]
        assert splitter.bad == {"long_line": 1}


@given(
    st.lists(st.sampled_from([b"ab", b"#", b"\r", b"\n", b"x" * 7, b"\x02"]), max_size=40),
    st.lists(st.integers(0, 500), max_size=20),
    st.sampled_from([b"", b"##", b"#\r", b"\r\n", b"#"]),
    st.sampled_from([b"", b"\x02"]),
)
def test_any_split_of_the_bytes_gives_the_same_lines(
    pieces: list[bytes],
    cuts: list[int],
    suffix: bytes,
    prefix: bytes,
) -> None:
    data = b"".join(pieces)
    framing = {"suffix": suffix, "prefix": prefix, "bytes_max": 9}
    assert split(chopped(data, cuts), **framing) == split([data], **framing)
