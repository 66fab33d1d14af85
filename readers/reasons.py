"""What the operating system says about a port or a connection, in words."""

import os


def reason_of(error: OSError) -> str:
    """The reason without numbers and addresses: `connection refused`."""
    known = error.errno is not None and error.errno > 0
    words = os.strerror(error.errno) if known and error.errno else error.strerror
    return (words or str(error)).lower()
