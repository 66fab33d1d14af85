"""Lines: however a stream is chopped, the same lines come out, and little is kept."""

from readers.wire.lines import LineSplitter

BYTES_MAX = 64


def check(data: bytes) -> None:
    """Raise if chopping changes the lines or too much is kept."""
    if not data:
        return
    step, suffix = 1 + data[0] % 7, (b"", b"##", b"\x03\r", b"\n")[data[0] % 4]
    data = data[1:]
    whole = LineSplitter(suffix=suffix, bytes_max=BYTES_MAX)
    chopped = LineSplitter(suffix=suffix, bytes_max=BYTES_MAX)
    lines: list[bytes] = []
    for at in range(0, len(data), step):
        lines += chopped.feed(data[at : at + step])
        if chopped.waiting > BYTES_MAX + 1:
            raise AssertionError(f"{chopped.waiting} bytes are kept")
    if lines != whole.feed(data) or chopped.bad != whole.bad:
        raise AssertionError("the lines depend on how the bytes came")
    _ = chopped.pause()
