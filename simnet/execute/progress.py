"""How far a run is: what is called as it goes on, and `ProgressBar` for a notebook or terminal."""

import importlib
import sys
import time
from collections.abc import Callable
from html import escape
from typing import Any

# Wall time in words: what has passed, what is left, and what is expected.


def clock(seconds: float) -> str:
    """A time that was measured: 8 s, 3:20 min, 1:05 h."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02d} h"


def roughly(seconds: float) -> str:
    """A time that is estimated, to two digits: 0.12 s, 3.3 min, 11 h, 12 d."""
    if seconds < 100:
        return f"{seconds:.2g} s"
    if seconds < 6000:
        return f"{seconds / 60:.2g} min"
    return f"{seconds / 3600:,.2g} h" if seconds < 3.6e5 else f"{seconds / 86400:,.0f} d"


def how_far(done: int, total: int, *, counted: float, passed: float) -> str:
    """How much is done, and the time left; before anything is done and at the end, that passed.

    Args:
        done: simulations that are finished.
        total: simulations in all.
        counted: seconds from the start to when `done` was counted.
        passed: seconds from the start until now.
    """
    if not done:
        return clock(passed)
    if done >= total:
        return f"{done:,} of {total:,}, {clock(passed)}"
    left = max(0.0, counted / done * total - passed)
    return f"{done:,} of {total:,}, {clock(left)} left"


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
