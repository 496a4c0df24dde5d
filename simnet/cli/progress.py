"""A progress bar with the time left, on a terminal's stderr, for what takes over two seconds."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from simnet.execute.wall_time import how_far

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from simnet.execute.progress import Progress

_AFTER = 2.0  # seconds


@contextmanager
def progress(what: str) -> Iterator["Progress"]:
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
        self.bar: Bar | None = None
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
        """The text beside the bar; it moves on between two calls of `advance`."""
        now, counted = time.monotonic() - self.started, self.updated - self.started
        return how_far(self.done, self.total, counted=counted, passed=now)

    def close(self) -> None:
        self.timer.cancel()
        with self.lock:
            self.closed = True
            if self.bar is not None:
                self.bar.stop()
