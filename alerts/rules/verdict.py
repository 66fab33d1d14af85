"""What a rule says about the facts of one moment."""

from typing import Literal

Verdict = Literal["kept", "broken", "broken_at_once", "undecided"]
