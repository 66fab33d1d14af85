"""The ROSpecs and AccessSpecs in a simulated LLRP reader's memory."""

import struct
from typing import Final, NamedTuple

from readers.wire.llrp.messages import Code
from readers.wire.llrp.parameters import ReportError, parameters, tlv
from readers.wire.llrp.requests import AntennaAsk, antenna_asks
from readers.wire.llrp.rospec import RoSpec, decode_rospec
from simulators.llrp_refusals import refused

DISABLED: Final = 0
INACTIVE: Final = 1
ACTIVE: Final = 2

_PRIORITY_AT = 8
_STATE_AT = 9
"""Where an ROSpec parameter holds its state: header 4, id 4, priority 1."""
_ACCESSSPEC_BYTES_MIN = 11


class _Stored(NamedTuple):
    spec: RoSpec
    state: int
    raw: bytes

    @property
    def priority(self) -> int:
        return self.raw[_PRIORITY_AT]


class RoSpecs:
    """ROSpecs by their id; of those that could run, the one of the highest priority does.

    Bodies are those of ADD_ROSPEC. Refusals are raised as RefusedError.
    """

    def __init__(self, specs_max: int) -> None:
        self._specs_max = specs_max
        self._stored: dict[int, _Stored] = {}
        self._active: _Stored | None = None

    @property
    def running(self) -> RoSpec | None:
        """The ROSpec that is active, if any."""
        return None if self._active is None else self._active.spec

    @property
    def all(self) -> list[RoSpec]:
        """All ROSpecs, in order of arrival."""
        return [stored.spec for stored in self._stored.values()]

    @property
    def asks(self) -> tuple[AntennaAsk, ...]:
        """What the newest ROSpec asks of each antenna."""
        newest = list(self._stored.values())[-1:]
        return antenna_asks(newest[0].raw) if newest else ()

    def load(self, body: bytes) -> None:
        """Remember an ROSpec of an earlier client in the state that it says."""
        spec = decode_rospec(body)
        self._stored[spec.rospec_id] = _Stored(spec, body[_STATE_AT], body)
        self._choose()

    def add(self, body: bytes) -> None:
        """Keep a new ROSpec, disabled whatever it says."""
        spec = decode_rospec(body)
        if spec.rospec_id == 0:
            raise refused(Code.INVALID, "ROSpecID 0")
        if spec.rospec_id in self._stored:
            raise refused(Code.FIELD_ERROR, f"ROSpec {spec.rospec_id} exists already")
        if len(self._stored) >= self._specs_max:
            raise refused(Code.OVERFLOW_PARAMETER, f"no more than {self._specs_max} ROSpecs")
        self._stored[spec.rospec_id] = _Stored(spec, DISABLED, body)

    def delete(self, body: bytes) -> None:
        """Forget one, or all by 0."""
        for rospec_id in self._chosen(body):
            del self._stored[rospec_id]
        self._choose()

    def enable(self, body: bytes) -> None:
        """Let one, or all by 0, start: at once where its trigger is so."""
        for rospec_id in self._chosen(body):
            immediate = self._stored[rospec_id].spec.immediate
            self._turn(rospec_id, ACTIVE if immediate else INACTIVE)

    def disable(self, body: bytes) -> None:
        """Stop one, or all by 0."""
        for rospec_id in self._chosen(body):
            self._turn(rospec_id, DISABLED)

    def start(self, body: bytes) -> None:
        """Start one that is enabled."""
        for rospec_id in self._chosen(body, all_by_zero=False):
            if self._stored[rospec_id].state == DISABLED:
                raise refused(Code.INVALID, f"ROSpec {rospec_id} is disabled")
            self._turn(rospec_id, ACTIVE)

    def stop(self, body: bytes) -> None:
        """Stop one; it stays enabled."""
        for rospec_id in self._chosen(body, all_by_zero=False):
            if self._stored[rospec_id].state == ACTIVE:
                self._turn(rospec_id, INACTIVE)

    def encode(self) -> bytes:
        """All of them with their states; what waits for another one to end is inactive."""
        return b"".join(
            s.raw[:_STATE_AT] + bytes([self._shown_state(s)]) + s.raw[_STATE_AT + 1 :]
            for s in self._stored.values()
        )

    def _shown_state(self, stored: _Stored) -> int:
        waits = stored.state == ACTIVE and stored is not self._active
        return INACTIVE if waits else stored.state

    def _turn(self, rospec_id: int, state: int) -> None:
        self._stored[rospec_id] = self._stored[rospec_id]._replace(state=state)
        self._choose()

    def _choose(self) -> None:
        ready = (stored for stored in self._stored.values() if stored.state == ACTIVE)
        self._active = min(ready, key=lambda stored: stored.priority, default=None)

    def _chosen(self, body: bytes, *, all_by_zero: bool = True) -> list[int]:
        rospec_id = _identifier(body)
        if rospec_id == 0 and all_by_zero:
            return list(self._stored)
        if rospec_id not in self._stored:
            raise refused(Code.FIELD_ERROR, f"ROSpec {rospec_id} does not exist")
        return [rospec_id]


class AccessSpecs:
    """AccessSpecs by their id, kept and never carried out."""

    def __init__(self) -> None:
        self._bodies: dict[int, bytes] = {}

    @property
    def ids(self) -> list[int]:
        """Their ids, in order of arrival."""
        return list(self._bodies)

    def add(self, body: bytes) -> None:
        """Keep the AccessSpec of an ADD_ACCESSSPEC."""
        found = parameters(body)
        if not found or found[0].end - found[0].start < _ACCESSSPEC_BYTES_MIN:
            raise ReportError("no AccessSpec")
        accessspec_id = _identifier(body[found[0].start :])
        if accessspec_id == 0 or accessspec_id in self._bodies:
            raise refused(Code.FIELD_ERROR, f"AccessSpec {accessspec_id}")
        self._bodies[accessspec_id] = body

    def delete(self, body: bytes) -> None:
        """Forget one, or all by 0."""
        accessspec_id = _identifier(body)
        if accessspec_id == 0:
            self._bodies.clear()
            return
        self.check(body)
        del self._bodies[accessspec_id]

    def check(self, body: bytes) -> None:
        """Raise RefusedError unless it exists; 0 is all."""
        accessspec_id = _identifier(body)
        if accessspec_id and accessspec_id not in self._bodies:
            raise refused(Code.FIELD_ERROR, f"AccessSpec {accessspec_id} does not exist")

    def encode(self) -> bytes:
        """All of them."""
        return b"".join(self._bodies.values())


def foreign_rospec(rospec_id: int, state: int = ACTIVE, priority: int = 0) -> bytes:
    """Encode an ROSpec as another program may have left it: all antennas, at once, every tag."""
    boundary = tlv(178, tlv(179, b"\x01"), tlv(182, bytes(5)))
    inventory = tlv(186, struct.pack("!HB", 1, 1))
    antennas = tlv(183, struct.pack("!HH", 1, 0), tlv(184, bytes(5)), inventory)
    report = tlv(237, struct.pack("!BH", 2, 1), tlv(238, struct.pack("!H", 0x9F80)))
    head = struct.pack("!IBB", rospec_id, priority, state)
    return tlv(177, head, boundary, antennas, report)


def foreign_accessspec(accessspec_id: int) -> bytes:
    """Encode an AccessSpec as another program may have left it: it reads two words of each TID."""
    head = struct.pack("!IHBBI", accessspec_id, 0, 1, 0x80, 0)
    target = tlv(339, struct.pack("!BHHH", 0x60, 0, 0, 0))
    read = tlv(341, struct.pack("!HIBHH", 1, 0, 0x80, 0, 2))
    command = tlv(209, tlv(338, target), read)
    return tlv(207, head, tlv(208, bytes(3)), command, tlv(239, b"\x01"))


def _identifier(body: bytes) -> int:
    if len(body) < struct.calcsize("!I"):
        raise ReportError("no id")
    return int.from_bytes(body[:4], "big")
