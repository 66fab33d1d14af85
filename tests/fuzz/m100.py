"""Any bytes, as a module of the M100 family might send them."""

import contextlib

from readers.wire.m100 import M100, R200, BadTagError, Framer, decode_tag, encode_tag


def check(data: bytes) -> None:
    """Raise if frames or tags break, or if a read tag is not what it was read from."""
    for brackets in (M100, R200):
        framer = Framer(brackets)
        for frame in framer.feed(data) + framer.settle() + framer.give_up():
            with contextlib.suppress(BadTagError):
                decode_tag(frame.parameters)
        assert framer.waiting == 0
    with contextlib.suppress(BadTagError):
        tag = decode_tag(data)
        assert 0 < len(tag.epc) <= len(data)
        if tag.rssi_dbm is not None and len(tag.epc) % 2 == 0:
            assert decode_tag(encode_tag(tag.epc, tag.rssi_dbm)) == tag
