"""How fast the history is, how quickly it answers, and how much room it takes: see stores.py.

Run: `make bench`, or `python benchmarks/history.py`, on a quiet machine: a quarter of an hour.
"""

import importlib
import sys
from pathlib import Path

# Python looks beside a script first, so that this file stands in the way of the package of its
# name, for each benchmark.
sys.path[:] = [path for path in sys.path if Path(path).resolve() != Path(__file__).parent.resolve()]

if __name__ == "__main__":
    importlib.import_module("benchmarks.stores").main()
elif __name__ == "history":
    del sys.modules[__name__]
    importlib.import_module(__name__)
