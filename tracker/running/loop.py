"""The loop from frames to tracks: one detector call and one embedder call per instant, for all cameras together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from crosscam.base.prefetch import prefetched
from tracker.detection.border_crops import body_crops
from tracker.interfaces import Detector, Embedder, SingleCameraTracker
from tracker.running.camera_gaps import GapWatch
from tracker.running.stage_times import StageTimes
from tracker.structures import Detections, Frame, FrameTracks

WARM_UP_CROPS = 5
"""Crops per camera in the first, unused call: enough that every batch size of the runtime occurs."""
DETECT_AHEAD = 2
"""Instants that may wait between detection and tracking."""


class TrackingLoop:
    """Runs detection, embedding and single-camera tracking over synchronized frames.

    Args:
        detector: Finds people in a batch of frames.
        embedder: Turns crops into embeddings; None tracks by motion alone.
        trackers: One tracker per camera name.
        times: Where the seconds by stage are added up.
    """

    def __init__(
        self,
        detector: Detector,
        embedder: Embedder | None,
        trackers: Mapping[str, SingleCameraTracker],
        times: StageTimes | None = None,
    ) -> None:
        self.detector = detector
        self.embedder = embedder
        self.trackers = trackers
        self.times = times or StageTimes()
        self._gaps = GapWatch()
        self.counts = {"frames": 0, "detections": 0, "embedded": 0}

    def warm_up(self, frames: Sequence[Frame]) -> None:
        """Run the networks once on frames of the cameras' sizes: they are compiled when they first meet a shape."""
        self.detector.detect(frames)
        if self.embedder is not None:
            self.embedder.embed([frame.image[:64, :32] for frame in frames] * WARM_UP_CROPS)

    def run(self, instants: Iterable[Sequence[Frame]]) -> Iterator[tuple[Sequence[Frame], list[FrameTracks]]]:
        """Track every frame of every instant; yields each instant's frames with their confirmed tracks.

        Args:
            instants: At most one new frame per camera, at about the same time; empty ones are passed over.
        """
        ahead = prefetched(self._detected(instants), DETECT_AHEAD)
        with closing(ahead):
            for frames, found in ahead:
                if frames:
                    yield frames, self._track(frames, found)

    def step(self, frames: Sequence[Frame]) -> list[FrameTracks]:
        """Track one instant: the frames of several cameras at about the same time."""
        return self._track(frames, self._detect(frames))

    def _detected(self, instants: Iterable[Sequence[Frame]]) -> Iterator[tuple[Sequence[Frame], list[Detections]]]:
        """Frames with their detections; runs in a thread of its own."""
        iterator = iter(instants)
        while True:
            with self.times.measure("read"):
                frames = next(iterator, None)
            if frames is None:
                return
            yield frames, self._detect(frames) if frames else []

    def _detect(self, frames: Sequence[Frame]) -> list[Detections]:
        with self.times.measure("detect"):
            return self.detector.detect(frames)

    def _track(self, frames: Sequence[Frame], found: Sequence[Detections]) -> list[FrameTracks]:
        for frame in frames:
            if (gap := self._gaps.before(frame)) is not None:
                self.trackers[frame.camera_id].update(gap, Detections.empty())
        with self.times.measure("embed"):
            embedded = self._embed(frames, found)
        with self.times.measure("track"):
            tracks = [self.trackers[f.camera_id].update(f, d) for f, d in zip(frames, embedded, strict=True)]
        self.counts["frames"] += len(frames)
        self.counts["detections"] += sum(len(d) for d in found)
        return tracks

    def _embed(self, frames: Sequence[Frame], found: Sequence[Detections]) -> list[Detections]:
        """Embed the crops that matter, in one batch; detections that come with embeddings keep them."""
        if self.embedder is None:
            return list(found)
        wanted = [self._wanted(f, d) for f, d in zip(frames, found, strict=True)]
        crops = list(
            chain.from_iterable(
                body_crops(f.image, d.boxes[w]) for f, d, w in zip(frames, found, wanted, strict=True) if w.any()
            )
        )
        if not crops:
            return list(found)
        vectors = self.embedder.embed(crops)
        self.counts["embedded"] += len(crops)
        return _hand_out(found, wanted, vectors)

    def _wanted(self, frame: Frame, detections: Detections) -> NDArray[np.bool_]:
        if len(detections) == 0 or detections.embeddings is not None:
            return np.zeros(len(detections), bool)
        return self.trackers[frame.camera_id].wants_appearance(frame, detections)


def _hand_out(
    found: Sequence[Detections], wanted: Sequence[NDArray[np.bool_]], vectors: NDArray[np.float32]
) -> list[Detections]:
    """Give each detection its row of `vectors`; those that were not embedded get a row of zeros."""
    handed = []
    start = 0
    for detections, mask in zip(found, wanted, strict=True):
        if detections.embeddings is None:
            rows = np.zeros((len(detections), vectors.shape[1]), np.float32)
            rows[mask] = vectors[start : start + mask.sum()]
            start += int(mask.sum())
            detections = detections.with_embeddings(rows)
        handed.append(detections)
    return handed
