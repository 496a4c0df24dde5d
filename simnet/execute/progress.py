"""How far a run is: what is called as it goes on, and `ProgressBar` for a notebook or terminal."""

import importlib
import sys
import time
from collections.abc import Callable
from html import escape
from typing import Any

from simnet.execute.wall_time import how_far

Progress = Callable[[int, int], None]
"""Called with (simulations done, simulations in all) as they finish."""

_EVERY = 0.2  # seconds between two drawings


class ProgressBar:
    """Shows how far a verb is: `simulate(..., progress=ProgressBar())`.

    In a notebook it is a bar below the cell; on a terminal one line on stderr; elsewhere nothing is
    shown. One object serves one call.

    Args:
        what: a word or two before the bar.
    """

    def __init__(self, what: str = "") -> None:
        self._what = what
        self._started = time.monotonic()
        self._drawn = -_EVERY
        self._display: Any = None

    def __call__(self, done: int, total: int) -> None:
        """Draw it anew; what is at its end is drawn at once."""
        passed = time.monotonic() - self._started
        if done < total and passed - self._drawn < _EVERY:
            return
        self._drawn = passed
        far = how_far(done, total, counted=passed, passed=passed)
        said = f"{self._what} {far}".strip()
        if _in_notebook():
            self._show(done, total, said)
        elif sys.stderr.isatty():
            end = "\n" if done >= total else ""
            sys.stderr.write(f"\r\x1b[K{said}{end}")
            sys.stderr.flush()

    def _show(self, done: int, total: int, said: str) -> None:
        shown = importlib.import_module("IPython.display")
        bar = f'<progress value="{done}" max="{max(total, 1)}"></progress> {escape(said)}'
        html = shown.HTML(bar)
        if self._display is None:
            self._display = shown.display(html, display_id=True)
        else:
            self._display.update(html)


def _in_notebook() -> bool:
    """Whether IPython runs as a notebook's kernel; it is not imported to find out."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")
