"""A progress bar with the time left, on a terminal's stderr, for what takes over two seconds."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

_AFTER = 2.0  # seconds

Advance = Callable[[int, int], None]
"""Called with (done, total)."""


@contextmanager
def progress(what: str) -> Iterator[Advance]:
    """Show how far `what` is. Where stderr is no terminal nothing is shown."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    shown = _Shown(what)
    try:
        yield shown.advance
    finally:
        shown.close()


class _Shown:
    """A bar that appears by itself after a while, unless it is closed before."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.started = time.monotonic()
        self.done, self.total, self.updated = 0, 0, self.started
        self.bar: Progress | None = None
        self.closed = False
        self.lock = threading.Lock()
        self.timer = threading.Timer(_AFTER, self.appear)
        self.timer.daemon = True
        self.timer.start()

    def appear(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, ProgressColumn, Task
        from rich.text import Text

        shown = self

        class Left(ProgressColumn):
            def render(self, task: Task) -> Text:
                return Text(shown.left())

        with self.lock:
            if self.closed:
                return
            self.bar = Progress(
                "{task.description}",
                BarColumn(),
                Left(),
                console=Console(stderr=True),
                transient=True,
            )
            self.bar.add_task(self.what, total=self.total or None, completed=self.done)
            self.bar.start()

    def advance(self, done: int, total: int) -> None:
        self.done, self.total, self.updated = done, total, time.monotonic()
        with self.lock:
            if self.bar is not None and not self.closed:
                self.bar.update(self.bar.task_ids[0], completed=done, total=total)

    def left(self) -> str:
        """How much is done, and the time left; the time that has passed before anything is done."""
        now = time.monotonic()
        if not self.done:
            return f"{clock(now - self.started)}"
        whole = (self.updated - self.started) / self.done * self.total
        left = max(0.0, whole - (now - self.started))
        return f"{self.done} of {self.total}, {clock(left)} left"

    def close(self) -> None:
        self.timer.cancel()
        with self.lock:
            self.closed = True
            if self.bar is not None:
                self.bar.stop()


def clock(seconds: float) -> str:
    """Wall time for people: 8 s, 3:20 min, 1:05 h."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02d} h"
