"""How every tool ends, in one line: 0; 2 for wrong input or a missing package; 1 for any failure; 130 for Ctrl-C."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable

from crosscam.base.errors import InputError
from crosscam.base.secrets import without_secrets

WRONG_INPUT, FAILED, INTERRUPTED = 2, 1, 130
MAX_LINE = 600


def exit_code(run: Callable[[], int | None]) -> int:
    """Do the work of a tool and say in one line what went wrong, if anything did.

    A service manager's stop (SIGTERM) and a closed terminal (SIGHUP) count as Ctrl-C, so that work done is kept.
    """
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name) and signal.getsignal(getattr(signal, name)) is not signal.SIG_IGN:  # nohup
            signal.signal(getattr(signal, name), signal.default_int_handler)
    try:
        return run() or 0
    except (InputError, ModuleNotFoundError) as error:
        return _say(f"error: {error}", WRONG_INPUT)
    except KeyboardInterrupt as error:
        return _say(f"stopped; {error}" if str(error) else "stopped", INTERRUPTED)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _say(f"failed: {place}{error.strerror or error}", FAILED)
    except Exception as error:  # the last line of defence; the traceback is for the log
        logging.getLogger(__name__).debug("failed", exc_info=True)
        return _say(f"failed: {type(error).__name__}: {error}", FAILED)


def _say(line: str, code: int) -> int:
    print(without_secrets(" ".join(line.split()))[:MAX_LINE], file=sys.stderr)
    return code
