"""Long work that ends at a good moment when it is asked to: Ctrl-C, or SIGTERM from a service manager."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_requests(kept: str) -> Iterator[Callable[[], bool]]:
    """Turn the signals into a question, "was a stop asked for?", within the block.

    The block asks at moments where everything can be saved, and saves. When it ends after a request it raises
    `KeyboardInterrupt`, so that the caller ends as after any Ctrl-C.

    Args:
        kept: What was saved and how to go on, for the message.

    Raises:
        KeyboardInterrupt: A stop was asked for.
    """
    asked = threading.Event()
    is_main = threading.current_thread() is threading.main_thread()  # only there can signals be handled
    earlier = {number: signal.signal(number, lambda *_: asked.set()) for number in SIGNALS} if is_main else {}
    try:
        yield asked.is_set
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
    if asked.is_set():
        raise KeyboardInterrupt(kept)
