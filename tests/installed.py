"""Runs the demo of an installed wheel and opens its dashboard: `python installed.py COMMAND…`.

Needs nothing but the standard library. Ends with the demo's own exit code, 1 without pages.
"""

import re
import subprocess
import sys
from urllib.request import urlopen

_ADDRESS = re.compile(r"http://(?:127\.0\.0\.1|localhost):\d+")
_SCRIPT = re.compile(r'src="(/static/[^"]+\.js)"')
_WITHIN_S = 10


def _fault_of(address: str) -> str:
    """What is wrong with the pages at `address`; nothing where they are there."""
    with urlopen(f"{address}/", timeout=_WITHIN_S) as answer:  # noqa: S310 -- our own, on loopback
        page = answer.read().decode()
    script = _SCRIPT.search(page)
    if script is None:
        return f"{address}/ is not the dashboard"
    with urlopen(f"{address}{script[1]}", timeout=_WITHIN_S) as answer:  # noqa: S310 -- the same
        return "" if answer.read() else f"{script[1]} is empty"


def main(command: list[str]) -> int:
    """Pass on what the demo says, and open its pages once it has said where."""
    fault = "the demo did not say where it listens"
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo:
        for line in demo.stdout or ():
            sys.stdout.write(line)
            address = _ADDRESS.search(line)
            if address and fault:
                fault = _fault_of(address[0])
    if fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    sys.stdout.write("the dashboard of the wheel opens\n")
    return demo.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
