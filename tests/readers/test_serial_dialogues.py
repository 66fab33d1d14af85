"""What every dialogue keeps, whatever comes over the line and whenever; no line is needed."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.driver import Batch, ReaderMisconfiguredError
from readers.serial.driver import Dialogue
from readers.serial.m100 import M100Dialogue
from readers.serial.settings import SerialSettings
from readers.serial.uhfreader import UhfReaderDialogue
from readers.wire import m100, uhfreader
from readers.wire.m100 import M100, Kind
from readers.wire.uhfreader import Answer, Status, Tag, answer_frame, encode_tags

EPC = bytes(range(12))
NOW_NS = 1_700_000_000_000_000_000
TAG = m100.frame(M100, Kind.NOTICE, m100.Command.POLL, m100.encode_tag(EPC, -50))
STOPPED = m100.frame(M100, Kind.ANSWER, m100.Command.STOP, b"\0")
INFO = answer_frame(Answer(3, uhfreader.Command.INFO, Status.OK, bytes(8)))
REPORT = answer_frame(Answer(3, uhfreader.Command.REPORT, Status.OK, EPC))
TAGS = answer_frame(
    Answer(3, uhfreader.Command.INVENTORY, Status.DONE, encode_tags([Tag(EPC)], with_rssi=False)),
)
MORE = answer_frame(
    Answer(3, uhfreader.Command.INVENTORY, Status.MORE_FOLLOWS, TAGS[4:-2]),
)
SAID = st.lists(
    st.tuples(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from([TAG, STOPPED, INFO, REPORT, TAGS, MORE, b"", b"\xff", b"\xbb\x02"]),
        ),
        st.sampled_from([0.0, 0.001, 0.021, 0.3, 1.1, 4.0]),
    ),
    max_size=30,
)
MODES = st.sampled_from(["poll", "push"])


def m100_dialogue(**changes: object) -> M100Dialogue:
    return M100Dialogue(_settings("m100", **changes))


def uhfreader_dialogue(**changes: object) -> UhfReaderDialogue:
    return UhfReaderDialogue(_settings("uhfreader18", **changes))


def _settings(protocol: str, **changes: object) -> SerialSettings:
    entry: dict[str, Any] = {"name": "bench", "protocol": protocol, "port": "/dev/x", "poll_ms": 0}
    return SerialSettings.model_validate(entry | changes)


class Line:
    """A dialogue and the time, as the driver holds them."""

    def __init__(self, dialogue: Dialogue) -> None:
        self.dialogue = dialogue
        self.now_s = 0.0
        self.bad: dict[str, int] = {}
        self.requests: list[bytes] = []

    def hear(self, data: bytes, after_s: float = 0.0) -> tuple[Batch | None, bytes]:
        """Wait until `after_s` has passed, waking up when it is asked for, and hear `data`."""
        end_s = self.now_s + after_s
        for _ in range(1000):
            wake_s = self.dialogue.wake_s
            if wake_s is None or wake_s > end_s:
                break
            self.now_s = max(self.now_s, wake_s)
            self._feed(b"")
            self._speak()
        else:
            pytest.fail("it never lets the driver sleep")
        self.now_s = end_s
        heard = self._feed(data)
        return heard, self._speak()

    def _speak(self) -> bytes:
        request = self.dialogue.due(self.now_s)
        self.requests += [request] if request else []
        return request

    def _feed(self, data: bytes) -> Batch | None:
        heard = self.dialogue.feed(data, NOW_NS, self.now_s)
        for reason, count in self.dialogue.take_bad().items():
            self.bad[reason] = self.bad.get(reason, 0) + count
        return heard


@pytest.mark.parametrize("make", [m100_dialogue, uhfreader_dialogue])
@given(said=SAID, mode=MODES)
def test_no_conversation_breaks_it_or_keeps_it_awake(
    make: Callable[..., Dialogue],
    said: list[tuple[bytes, float]],
    mode: str,
) -> None:
    line = Line(make(mode=mode))
    line.dialogue.due(0.0)
    try:
        for data, after_s in said:
            line.hear(data, after_s)
    except ReaderMisconfiguredError:
        return
    assert all(count > 0 for count in line.bad.values())


@given(said=SAID)
def test_a_tag_after_any_conversation_and_a_second_of_peace_is_read(
    said: list[tuple[bytes, float]],
) -> None:
    for dialogue, tag in ((m100_dialogue(), TAG), (uhfreader_dialogue(mode="push"), REPORT)):
        line = Line(dialogue)
        line.dialogue.due(0.0)
        for data, after_s in said:
            line.hear(data, after_s)
        heard, _ = line.hear(tag, 1.0)
        assert heard is not None
        assert [read.tag for read in heard.reads] == [EPC.hex()]


def test_noise_alone_is_no_sign_of_life() -> None:
    line = Line(uhfreader_dialogue(mode="push"))
    assert line.hear(b"\xff\x00\x01", 0.1)[0] is None
    assert line.hear(b"", 1.0)[0] is None
    assert line.bad == {"noise": 1}


def test_answers_that_go_on_are_awaited_to_their_end() -> None:
    line = Line(uhfreader_dialogue())
    line.dialogue.due(0.0)
    assert line.hear(INFO)[1] != b""
    for _ in range(5):
        heard, request = line.hear(MORE, 0.4)
        assert heard is not None
        assert (len(heard.reads), request) == (1, b"")
    heard, request = line.hear(TAGS, 0.4)
    assert heard is not None
    assert len(heard.reads) == 1
    assert request != b""


def test_a_lost_bus_is_asked_now_and_then() -> None:
    line = Line(uhfreader_dialogue(devices={1: {}, 2: {}}))
    line.dialogue.due(0.0)
    line.hear(b"", 30.0)
    assert not line.dialogue.ready
    # Three tries each, then each every 3.5 s.
    assert 16 <= len(line.requests) <= 24
    assert line.hear(INFO)[0] is not None


def test_a_module_that_tells_nothing_of_itself_is_polled_all_the_same() -> None:
    line = Line(uhfreader_dialogue())
    line.dialogue.due(0.0)
    line.hear(answer_frame(Answer(3, uhfreader.Command.INFO, Status.OK, b"")))
    assert line.dialogue.ready
    assert [finding.ok for finding in line.dialogue.findings()] == [None]
    heard, _ = line.hear(TAGS)
    assert heard is not None
    assert len(heard.reads) == 1
