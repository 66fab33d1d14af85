"""Hunt for packed bodies and topics of a broker that surprise those who read them."""

from api.ingest import unpacked
from delivery.presence import Topics, is_ours
from readers.push import PushRefusedError

TOPICS = Topics("tagwarden", "depot")
BYTES_MAX = 10_000


def check(data: bytes) -> None:
    """A body is unpacked within its limit or refused; any topic and payload can be judged."""
    try:
        assert len(unpacked(data, BYTES_MAX)) <= BYTES_MAX
    except PushRefusedError as refused:
        assert refused.reason in {"cut", "too_large"}  # noqa: PT017 -- a finding is an error
    topic, _, payload = data.partition(b"\0")
    name = topic.decode("utf-8", "surrogateescape")
    subject = TOPICS.subject(name)
    assert is_ours(TOPICS, name, payload) or subject is None
