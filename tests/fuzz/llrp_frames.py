"""LLRP streams: however they are chopped, the same messages come out, and little is kept."""

from readers.wire.llrp.framing import Frame, FrameError, Framer

FRAME_BYTES_MAX = 512


def check(data: bytes) -> None:
    """Raise if chopping changes the messages, or more than one unfinished message is kept."""
    if not data:
        return
    step, stream = 1 + data[0] % 13, data[1:]
    chunks = [stream[at : at + step] for at in range(0, len(stream), step)]
    if _fed(chunks) != _fed([stream]):
        raise AssertionError("the messages depend on how the bytes came")


def _fed(chunks: list[bytes]) -> tuple[list[Frame], str]:
    """The messages and how the stream ended."""
    framer, found = Framer(FRAME_BYTES_MAX), list[Frame]()
    for chunk in chunks:
        try:
            for message in framer.feed(chunk):
                found.append(message)
        except FrameError as error:
            return found, str(error)
        if framer.waiting > FRAME_BYTES_MAX + len(chunk):
            raise AssertionError(f"{framer.waiting} bytes are kept")
    return found, f"{framer.waiting} wait"
