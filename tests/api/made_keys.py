"""Keys that nobody asked for over HTTP."""

from history.callers import Role
from history.keys import KeyLimits, create_key
from tests.api.fake_gateway import NOON_NS, FakeDesk


async def key_with(
    desk: FakeDesk, name: str, role: Role, limits: KeyLimits, by: str = "command line"
) -> str:
    """A key with these limits, straight in the table."""
    return await desk.transact(lambda state: create_key(state, name, role, NOON_NS, by, limits))
