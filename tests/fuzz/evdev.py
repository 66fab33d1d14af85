"""Keys of an input device: any events, however they come, give the same bounded texts."""

from readers.wire.evdev import EVENT, TEXT_CHARS_MAX, Typing, press

KEYS_MAX = 512
"""Each key is an event of 24 bytes; more of them would only take longer."""


def check(data: bytes) -> None:
    """Raise if the texts depend on how the events came, or grow without limit."""
    if not data:
        return
    step = 5 + data[0] % 40
    events = b"".join(press(byte & 0x7F, byte >> 7 ^ 1) for byte in data[1:KEYS_MAX]) + data
    whole, chopped = Typing("de"), Typing("de")
    texts = [
        text for at in range(0, len(events), step) for text in chopped.feed(events[at : at + step])
    ]
    if texts != whole.feed(events) or chopped.bad != whole.bad:
        raise AssertionError(f"texts depend on chunks of {step} bytes (events have {EVENT.size})")
    if any(len(text) > TEXT_CHARS_MAX for text in texts):
        raise AssertionError("a text is too long")
    _ = chopped.pause()
