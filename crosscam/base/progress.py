"""Progress on standard error, where it is a terminal: one display for all long work."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Advance(Protocol):
    """Tells the display that work was done; may be called from any thread."""

    def __call__(self, steps: float = 1, note: str | None = None) -> None:
        """Count `steps` more, and show `note` behind the bar from now on."""


@contextmanager
def progress_bar(title: str, total: float | None, quiet: bool = False) -> Iterator[Advance]:
    """A bar with steps and time left.

    Args:
        title: What is being done.
        total: Steps to expect; 1.0 where shares are counted, None where it is not known.
        quiet: Show nothing. Nothing is shown either when standard error is not a terminal.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda steps=1, note=None: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    count = TaskProgressColumn() if total == 1.0 else MofNCompleteColumn()
    columns = [TextColumn("{task.description}"), BarColumn(), count, TimeRemainingColumn()]
    with Progress(*columns, TextColumn("{task.fields[note]}"), console=Console(stderr=True), transient=True) as bar:
        task, lock = bar.add_task(title, total=total, note=""), threading.Lock()

        def advance(steps: float = 1, note: str | None = None) -> None:
            with lock:
                bar.advance(task, steps)
                if note is not None:
                    bar.update(task, note=note)

        yield advance
