"""Progress bars on standard error, where it is a terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[], None]


@contextmanager
def progress_bar(title: str, total: int | None, quiet: bool = False) -> Iterator[Advance]:
    """A bar with frames, rate and time left; the yielded function counts one frame, from any thread.

    Args:
        title: What is being done.
        total: Frames to expect, or None where that is not known.
        quiet: Show nothing. Nothing is shown either when standard error is not a terminal.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, lock = bar.add_task(title, total=total), threading.Lock()

        def advance() -> None:
            with lock:
                bar.advance(task)

        yield advance
