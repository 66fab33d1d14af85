"""`tagwarden setup-code`: a one-time code for the first admin, or for a forgotten password."""

import argparse

from gateway.commands import ask_gateway
from gateway.terminal import say, warn


def setup_code_command(chosen: argparse.Namespace) -> int:
    """Print a code; whoever may write the data folder may let people in."""
    answer = ask_gateway(chosen.data, {"do": "setup_code", "person": chosen.person})
    if "error" in answer:
        warn(answer["error"], "red")
        return 1
    say(answer["code"])
    what = "makes the first admin" if chosen.person is None else f"{chosen.person} chooses by it"
    warn(f"good once, within the hour: {what}; see docs/how-to/people-and-keys.md", "dim")
    return 0
