"""A live run that is killed leaves a store with what it had, and the next stage can read it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from crosscam.base.errors import InputError
from tracker.output.store.reader import StoreReader

PATIENCE_S = 120.0


def stored_until(store: Path) -> float:
    """The last second of which the store holds a box with an identity; -1 before."""
    try:
        with StoreReader(store) as reader:
            return max((t.end_s for _, t in reader.result().tracklets()), default=-1.0)
    except InputError:  # not there yet
        return -1.0


def wait_until_stored(run: subprocess.Popen[bytes], store: Path, time_s: float) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while stored_until(store) < time_s:
        assert time.monotonic() < deadline
        assert run.poll() is None
        time.sleep(0.05)


def test_a_killed_run_leaves_a_readable_store(serve: Any, tmp_path: Path, repo_root: Path) -> None:
    image = np.full((240, 160, 3), 128, np.uint8)
    image[60:100, 40:70], image[100:140, 40:70] = (40, 40, 200), (150, 90, 30)
    server, output = serve([image] * 250), tmp_path / "out"
    store = output / "tracking.sqlite"
    (tmp_path / "boxes.txt").write_text("".join(f"{i + 1},-1,40,60,30,80,0.9,-1,-1,-1\n" for i in range(5000)))
    command = [sys.executable, "tools/run_tracker.py", "--live", "--videos", server.address, "--output", str(output)]
    command += ["--detections", str(tmp_path / "boxes.txt"), "--reid", "descriptor", "--set", "output.store_s=0.3"]
    run = subprocess.Popen(command, cwd=repo_root, stderr=subprocess.PIPE)
    try:
        wait_until_stored(run, store, 0.0)
        wait_until_stored(run, store, stored_until(store) + 0.5)  # it grows
    finally:
        run.kill()  # SIGKILL: nothing is tidied up
        run.communicate()
    assert not (output / "identities.json").exists()  # never a file that is not whole
    assert (output / "events.jsonl").read_text().endswith("\n")
    with StoreReader(store) as reader:
        (camera,), (person,) = reader.cameras(), reader.result().identities
        (tracklet,) = person.tracklets
        assert reader.meta()["reid_model"].startswith("descriptor")
        assert 0 < len(tracklet) <= camera.frames  # dropped frames are not counted
        assert np.all(np.diff(tracklet.times_s) > 0)
        assert tracklet.embedding is not None
        assert len(tracklet.samples)
        assert reader.crops(person.identity_id)
    assert sorted(json.loads(line)["kind"] for line in (output / "events.jsonl").read_text().splitlines()) == ["new"]
