"""A site file to begin with, for a site that is set up over HTTP."""

import os
from pathlib import Path

from gateway.terminal import say

TEXT = """\
# Made by `tagwarden run --new`. Editing over HTTP changes this file; so may you.
site: {name: New site, timezone: UTC}
zones:
  - {name: site}
"""


def make_first_site(path: Path) -> bool:
    """Make a site file of one zone that is not drawn, if there is none; whether it was made.

    What is there already stays as it is. Raises OSError.
    """
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
    except FileExistsError:
        return False
    with os.fdopen(file, "w", encoding="utf-8") as made:
        made.write(TEXT)
    say(f"{path}: made, with one zone and no reader yet")
    return True
