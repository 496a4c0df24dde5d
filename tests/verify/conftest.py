"""The helpers of this folder and of `tests/refusals` can be imported; pytest does not collect them."""

import sys
from pathlib import Path

for folder in (Path(__file__).parent, Path(__file__).parents[1] / "refusals"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
