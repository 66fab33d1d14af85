"""What answers over HTTP cost, and what those who follow the stream cost: see web.py.

Run: `make bench`, or `python benchmarks/http.py`, on a quiet machine: three minutes.
"""

import importlib
import sys
from pathlib import Path

# Python looks beside a script first, so that this file stands in the way of the package of its
# name, for each benchmark.
sys.path[:] = [path for path in sys.path if Path(path).resolve() != Path(__file__).parent.resolve()]

if __name__ == "__main__":
    importlib.import_module("benchmarks.web").main()
elif __name__ == "http":
    del sys.modules[__name__]
    importlib.import_module(__name__)
