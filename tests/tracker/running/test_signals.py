"""Networks and signals: Ctrl-C reaches its handler wherever a network was built and dropped."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import gc, os, signal, threading
import numpy as np
from tracker.detection.builtin import BuiltinDetector
from tracker.detection.builtin import BuiltinOptions
from tracker.structures import Frame

networks = [BuiltinDetector(BuiltinOptions(device="cpu"))]
networks[0].detect([Frame("cam", 0, 0.0, np.zeros((64, 64, 3), np.uint8))])

def drop():
    networks.clear()
    gc.collect()

thread = threading.Thread(target=drop)
thread.start()
thread.join()
signal.signal(signal.SIGINT, lambda *_: print("handled"))
os.kill(os.getpid(), signal.SIGINT)
print("alive")
"""


def test_a_handler_runs_after_another_thread_has_dropped_the_networks() -> None:
    """OpenVINO's plugin takes the signal stack of the thread that built it along, and the process with it."""
    run = subprocess.run([sys.executable, "-X", "faulthandler", "-c", CODE], capture_output=True, text=True)
    assert (run.returncode, run.stdout.split()) == (0, ["handled", "alive"]), run.stderr
