"""How fast identities are: many tracklets offline, and one online step before a large archive.

    python benchmarks/identity/speed.py --json benchmarks/results/identity_speed.json
    python benchmarks/identity/speed.py --offline 2000

Offline: people who visit four of 16 cameras each, with embeddings as long as those of the shipped ReID model and twelve
samples per tracklet; the peak is that of the whole process, tracklets included. Online: tracks in view, ten instants a
second; every track lasts ten seconds, and its follower is as often a stranger as one of the archived people, who have
two prototypes each. A step that decides everything again (`recluster_s`) is counted apart. Wall time tells what else
the machine does.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import numpy as np

from benchmarks.record import write_record
from tracker.cross_camera.evidence.appearance import unit_rows
from tracker.cross_camera.live.online_identities import OnlineIdentities
from tracker.cross_camera.live.online_track import ActiveTrack
from tracker.cross_camera.options import CrossCameraOptions, OnlineOptions
from tracker.cross_camera.partition.associator import Associator
from tracker.structures import FloatArray, Tracklet

DIMENSION = 640
"""Of the shipped ReID model."""
CAMERAS = 16
VISITS = 4
"""Tracklets of each person offline."""
IN_VIEW = 30
FPS = 25
SAMPLES = 12
"""Embeddings that a tracklet keeps."""
VIEW_NOISE, CROP_NOISE = 0.6, 0.5
"""Of a tracklet's look against the person's, and of a crop against its tracklet's, as shares of the variance."""

INSTANTS_PER_S = 10
TRACK_S = 10.0
CROP_EVERY = 5
GOAL_STEP_MS, GOAL_OFFLINE_S, GOAL_OFFLINE_MB = 5.0, 20.0, 1024.0


def offline(tracklets: int) -> dict[str, Any]:
    """Seconds and memory of linking so many tracklets."""
    crowd = make_crowd(tracklets // VISITS)
    before = peak_mb()
    cpu, wall = time.process_time(), time.perf_counter()
    identities = Associator(CrossCameraOptions()).associate(crowd)
    return {
        "tracklets": len(crowd),
        "people": tracklets // VISITS,
        "identities": len(identities),
        "cpu_s": round(time.process_time() - cpu, 2),
        "wall_s": round(time.perf_counter() - wall, 2),
        "peak_mb": round(peak_mb(), 1),
        "peak_before_mb": round(before, 1),
        "goal": {"cpu_s": GOAL_OFFLINE_S, "peak_mb": GOAL_OFFLINE_MB},
    }


def make_crowd(people: int) -> list[Tracklet]:
    """People who visit VISITS cameras each, one after the other; about 30 are in view at once."""
    rng = np.random.default_rng(0)
    times = np.arange(0.0, TRACK_S, 1 / FPS)
    found: list[Tracklet] = []
    for person in range(people):
        look = rng.normal(size=DIMENSION) / np.sqrt(DIMENSION)
        start = person * VISITS * TRACK_S / IN_VIEW
        for _ in range(VISITS):
            view = look + rng.normal(size=DIMENSION) * np.sqrt(VIEW_NOISE / DIMENSION)
            samples = unit_rows(view + rng.normal(size=(SAMPLES, DIMENSION)) * np.sqrt(CROP_NOISE / DIMENSION))
            frames = np.round((start + times) * FPS).astype(np.int64)
            boxes = np.array([10, 10, 50, 110], np.float32) + np.float32(10) * np.arange(len(times))[:, None]
            found.append(Tracklet(
                f"cam{rng.integers(CAMERAS)}", len(found) + 1, frames, frames / FPS, boxes.astype(np.float32),
                np.ones(len(times), np.float32), unit_rows(samples.mean(axis=0)[None])[0], samples,
                np.ones(SAMPLES, np.float32), frames[np.linspace(0, len(times) - 1, SAMPLES).astype(int)],
            ))  # fmt: skip
            start += TRACK_S + rng.exponential(TRACK_S)
    return found


def peak_mb() -> float:
    """Largest resident size of this process until now."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Traffic:
    """Tracks that come and go, a fixed number at once.

    Args:
        active: Tracks at once.
        archived: People whom the archive knows.
    """

    def __init__(self, active: int, archived: int) -> None:
        self._rng = np.random.default_rng(0)
        self.looks = unit_rows(self._rng.normal(size=(archived, DIMENSION)))
        self._next_track = active
        self._lines = [self._newcomer(k, -TRACK_S * k / active) for k in range(active)]

    def instant(self, number: int) -> list[ActiveTrack]:
        """What is in view at one instant."""
        now = number / INSTANTS_PER_S
        seen = []
        for line, (start, track, look) in enumerate(self._lines):
            if now - start >= TRACK_S:
                self._next_track += 1
                start, track, look = self._lines[line] = self._newcomer(self._next_track, now)
            noise = self._rng.normal(size=DIMENSION) * np.sqrt(CROP_NOISE / DIMENSION)
            crop = unit_rows((look + noise)[None])[0] if (number + line) % CROP_EVERY == 0 else None
            seen.append(ActiveTrack(f"cam{line % CAMERAS}", track, np.array([10, 10, 50, 110], np.float32), crop))
        return seen

    def _newcomer(self, track: int, start: float) -> tuple[float, int, FloatArray]:
        stranger = unit_rows(self._rng.normal(size=(1, DIMENSION)))[0]
        known = self.looks[int(self._rng.integers(len(self.looks)))]
        return start, track, known if self._rng.random() < 0.5 else stranger


def online(active: int, archived: int, seconds: float) -> dict[str, Any]:
    """Milliseconds of one step."""
    traffic = Traffic(active, archived)
    live = OnlineOptions(archive_s=600.0)
    identities = OnlineIdentities(live=live, first_number=archived + 1)
    for person, look in enumerate(traffic.looks):
        for camera in range(2):
            identities.gallery.add(person + 1, (person + camera) % CAMERAS, look, -live.archive_s - 1)
    identities.gallery.archive(-live.archive_s)
    quiet: list[tuple[float, float]] = []
    deciding: list[tuple[float, float]] = []
    again: list[tuple[float, float]] = []
    for number in range(round(seconds * INSTANTS_PER_S)):
        seen = traffic.instant(number)
        cpu, wall = time.process_time(), time.perf_counter()
        identities.step(number / INSTANTS_PER_S, seen)
        spent = 1000 * (time.process_time() - cpu), 1000 * (time.perf_counter() - wall)
        kinds = {event.kind for event in identities.take_events()}
        is_again = identities.reclustered_s == number / INSTANTS_PER_S
        (again if is_again else deciding if kinds else quiet).append(spent)
    steps = np.array(quiet + deciding)
    return {
        "active": active, "archived": archived, "prototypes": len(identities.gallery.prototypes()),
        "dimension": DIMENSION, "steps": len(steps),
        **_percentiles("step", steps), **_percentiles("deciding_step", np.array(deciding)),
        "recluster_steps": len(again), "recluster_cpu_ms": [round(cpu) for cpu, _ in again],
        "goal_step_ms": GOAL_STEP_MS,
    }  # fmt: skip


def _percentiles(name: str, spent: np.ndarray) -> dict[str, Any]:
    """Median and 95th percentile of CPU and wall time, (N, 2) in ms."""
    return {
        f"{name}_{clock}_ms": {f"p{p}": round(float(np.percentile(spent[:, k], p)), 3) for p in (50, 95)}
        for k, clock in enumerate(("cpu", "wall"))
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Measure both and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--offline", type=int, default=10_000, metavar="N", help="tracklets; 0 leaves this out")
    parser.add_argument("--active", type=int, default=50, help="tracks in view of the online step")
    parser.add_argument("--archived", type=int, default=5_000, help="archived people of the online step")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of the online run; 0 leaves it out")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args(argv)
    figures: dict[str, Any] = {}
    parts = {
        "offline": lambda: offline(args.offline) if args.offline else None,
        "online": lambda: online(args.active, args.archived, args.seconds) if args.seconds else None,
    }
    for name, run in parts.items():
        if (found := run()) is not None:
            figures[name] = found
            print(f"{name}: " + "  ".join(f"{key} {value}" for key, value in found.items()), flush=True)
            write_record(args.json, figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
