"""The secrets that sign webhooks, as Standard Webhooks writes them."""

import base64
import binascii

SECRET_PREFIX = "whsec_"  # noqa: S105 - the public mark of a secret, not one
KEY_BYTES_MIN, KEY_BYTES_MAX = 24, 64
"""As Standard Webhooks says."""


def signing_keys(secret: str) -> tuple[bytes, ...]:
    """Read the keys in one or more space-separated `whsec_` secrets, in their order.

    Raises ValueError when there is none, or one is no `whsec_` and base64 of 24 to 64 bytes. The
    message never quotes the secret.
    """
    keys = tuple(_signing_key(word) for word in secret.split())
    if not keys:
        raise ValueError("must not be empty")
    return keys


def _signing_key(word: str) -> bytes:
    encoded = word.removeprefix(SECRET_PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if encoded == word or not key:
        raise ValueError(f"must be {SECRET_PREFIX} followed by base64")
    if not KEY_BYTES_MIN <= len(key) <= KEY_BYTES_MAX:
        sizes = f"{KEY_BYTES_MIN} to {KEY_BYTES_MAX} bytes"
        raise ValueError(f"must be the base64 of {sizes}, not of {len(key)}")
    return key
