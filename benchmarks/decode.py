"""LLRP tag reports per CPU-second: our decoders and sllurp's, in the same run on the same bytes.

    python -m benchmarks.decode [--rounds N]

Ratios above 1 mean that ours is faster. The rounds are interleaved, and the best
of each is taken.
"""

import argparse
import logging
import time
from collections.abc import Callable

from sllurp.llrp import LLRPMessage

from readers.wire.llrp.encode import ReportEncoder
from readers.wire.llrp.framing import frame
from readers.wire.llrp.messages import Message
from readers.wire.llrp.reports import ReportDecoder
from readers.wire.llrp.rospec import Content
from readers.wire.llrp.walk import Stamp, walk
from tags.reads import Read

TAGS = 2_000
PLAIN = Content(channel=True, first_seen=True)
IMPINJ = PLAIN._replace(phase=True, impinj_rssi=True)
TIME_NS = 1_700_000_000_000_000_000


def reads_of(count: int) -> list[Read]:
    """Return reads of different tags, antennas and times."""
    return [
        Read(
            f"3034257bf4{n * 7919:014x}",
            "r",
            1 + n % 4,
            TIME_NS + n * 1_000_000,
            TIME_NS,
            -40.0 - n % 30,
            1 + n % 5,
            n % 6,
            None,
            1 + n % 16,
        )
        for n in range(count)
    ]


def bodies_of(content: Content, tags_per_message: int) -> list[bytes]:
    """Return the bodies of the messages that report all tags."""
    encoder, reads = ReportEncoder(content), reads_of(TAGS)
    return [
        encoder.encode(reads[first : first + tags_per_message])
        for first in range(0, TAGS, tags_per_message)
    ]


def cpu_us(work: Callable[[], None]) -> float:
    """Return the CPU time of `work` per tag in microseconds."""
    start = time.process_time()
    work()
    return (time.process_time() - start) / TAGS * 1e6


def contenders(bodies: list[bytes]) -> dict[str, Callable[[], None]]:
    """Return what is compared, by name, the peer first."""
    messages = [frame(Message.RO_ACCESS_REPORT, 1, body) for body in bodies]
    decoder, memory, bad = ReportDecoder("r"), dict[int, int](), dict[str, int]()

    def sllurp() -> None:
        for message in messages:
            LLRPMessage(msgbytes=message)

    def layout() -> None:
        for body in bodies:
            decoder.decode(body, TIME_NS, bad)

    def by_walk() -> None:
        for body in bodies:
            walk(body, memory, Stamp("r", TIME_NS, TIME_NS, bad))

    return {"sllurp 3.0.5": sllurp, "learned layout": layout, "walk": by_walk}


def compare(name: str, bodies: list[bytes], rounds: int) -> None:
    """Print CPU time per tag and the ratio to sllurp."""
    works = contenders(bodies)
    best = dict.fromkeys(works, float("inf"))
    for _ in range(rounds):
        for contender, work in works.items():
            best[contender] = min(best[contender], cpu_us(work))
    peer_us = best["sllurp 3.0.5"]
    for contender, us in best.items():
        print(f"{name:<28}{contender:<16}{us:8.2f} us/tag{peer_us / us:8.1f} x")


def main() -> None:
    """Run all comparisons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    logging.getLogger("sllurp").setLevel(logging.CRITICAL)
    compare("plain, 100 tags a message", bodies_of(PLAIN, 100), rounds)
    compare("Impinj, 100 tags a message", bodies_of(IMPINJ, 100), rounds)
    compare("plain, 1 tag a message", bodies_of(PLAIN, 1), rounds)


if __name__ == "__main__":
    main()
