"""The scripts of docs/ can be imported."""

import sys
from pathlib import Path

if (docs := str(Path(__file__).resolve().parents[2] / "docs")) not in sys.path:
    sys.path.insert(0, docs)
