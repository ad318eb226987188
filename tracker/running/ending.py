"""Ends that nothing disturbs: once a run was told to stop, further signals must not cost what it is about to write."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def uninterrupted(is_stopping: bool) -> Iterator[None]:
    """Within the block Ctrl-C and its kin do nothing, if the run is stopping anyway and this is the main thread."""
    if not is_stopping or threading.current_thread() is not threading.main_thread():
        yield
        return
    earlier = {number: signal.signal(number, signal.SIG_IGN) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
