"""Coverage-guided hunts for input that a decoder can not take: `python -m tests.fuzz.hunt`.

Each module beside this one has a `check(data: bytes)` that raises only for a finding.
What was learnt is kept in build/fuzz/NAME, and the next hunt goes on from there; an
input that is a finding is left in the working directory by libFuzzer.
"""

import argparse
import importlib
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
CORPUS = FOLDER.parents[1] / "build" / "fuzz"
SLOW_S = 5
INPUT_BYTES_MAX = 16_384
AT_ONCE = 2


def targets() -> list[str]:
    return sorted(
        path.stem for path in FOLDER.glob("*.py") if path.stem not in {"hunt", "__init__"}
    )


def hunt(name: str, seconds: int) -> None:
    atheris: Any = importlib.import_module("atheris")  # only `make fuzz` installs it
    with atheris.instrument_imports(include=["readers", "tags", "tests.fuzz"]):
        check: Callable[[bytes], None] = importlib.import_module(f"tests.fuzz.{name}").check
    corpus = CORPUS / name
    corpus.mkdir(parents=True, exist_ok=True)
    options = [
        f"-max_total_time={seconds}",
        f"-max_len={INPUT_BYTES_MAX}",
        f"-timeout={SLOW_S}",
        f"-artifact_prefix={corpus}-finding-",
        "-print_final_stats=1",
        "-verbosity=0",
        str(corpus),
    ]
    atheris.Setup([sys.argv[0], *options], check)
    atheris.Fuzz()


def hunt_all(names: list[str], seconds: int) -> int:
    def one(name: str) -> tuple[str, subprocess.CompletedProcess[str]]:
        command = [sys.executable, "-m", "tests.fuzz.hunt", name, "--seconds", str(seconds)]
        return name, subprocess.run(command, capture_output=True, text=True, check=False)

    failed = 0
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for name, done in pool.map(one, names):
            executed = [line for line in done.stderr.splitlines() if "number_of_executed" in line]
            tried = executed[0].split()[-1] if executed else "?"
            verdict = "nothing found" if done.returncode == 0 else "FOUND SOMETHING"
            sys.stdout.write(f"{name}: {tried} inputs in {seconds} s: {verdict}\n")
            sys.stdout.flush()
            if done.returncode:
                failed += 1
                sys.stdout.write(done.stderr[-4000:] + "\n")
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seconds", type=int, default=600)
    chosen = parser.parse_args()
    if len(chosen.names) == 1:
        hunt(chosen.names[0], chosen.seconds)
        return 0
    return hunt_all(chosen.names or targets(), chosen.seconds)


if __name__ == "__main__":
    sys.exit(main())
