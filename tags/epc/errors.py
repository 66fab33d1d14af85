"""What goes wrong with a code, and how it is quoted in a message."""

EXCERPT_CHARS = 40


class EpcError(ValueError):
    """The text is no EPC that this decoder knows, or one whose content breaks its own scheme."""


def excerpt(text: str) -> str:
    """Quote and escape a text for a message, cut after `EXCERPT_CHARS` characters."""
    if len(text) <= EXCERPT_CHARS:
        return ascii(text)
    return f"{text[:EXCERPT_CHARS]!a}… ({len(text)} characters)"
