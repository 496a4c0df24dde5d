"""`refusals.py` of this folder can be imported; pytest does not collect it."""

import sys
from pathlib import Path

if (here := str(Path(__file__).parent)) not in sys.path:
    sys.path.insert(0, here)
