"""Any bytes, as modules of the UHFReader family might send them."""

from readers.wire.uhfreader import (
    EPC_BYTES_MAX,
    Framer,
    answer_of,
    antennas_of,
    inventory_18,
    inventory_288,
    pushed_antenna,
    pushed_bare,
)

DECODERS = (inventory_18, inventory_288, pushed_antenna, pushed_bare)


def check(data: bytes) -> None:
    """Raise if frames or tags break, or if a tag is longer than any can be."""
    framer = Framer()
    frames = framer.feed(data) + framer.settle() + framer.give_up()
    assert framer.waiting == 0
    for payload in (data, *(answer_of(frame).data for frame in frames)):
        for decode in DECODERS:
            for tag in decode(payload, {}):
                assert 0 < len(tag.epc) <= EPC_BYTES_MAX
                assert antennas_of(tag.antennas)
