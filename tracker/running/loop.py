"""The loop from frames to tracks: one detector call and one embedder call per instant, for all cameras together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import chain

import numpy as np

from crosscam.base.prefetch import prefetched
from tracker.detection.border_crops import body_crops
from tracker.interfaces import Detector, Embedder, SingleCameraTracker
from tracker.running.camera_gaps import GapWatch
from tracker.running.stage_times import StageTimes
from tracker.structures import Detections, FloatArray, Frame, FrameTracks

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
        """The way of an instant: clean and predict, choose crops, embed them in one batch, associate."""
        trackers = [self.trackers[frame.camera_id] for frame in frames]
        with self.times.measure("track"):
            for tracker, frame in zip(trackers, frames, strict=True):
                if (gap := self._gaps.before(frame)) is not None:
                    tracker.update(gap, Detections.empty())
            can_embed = self.embedder is not None
            prepared = [t.prepare(f, d, can_embed) for t, f, d in zip(trackers, frames, found, strict=True)]
        with self.times.measure("embed"):
            embeddings = self._embed(frames, [p.wanted_boxes for p in prepared])
        with self.times.measure("track"):
            tracks = [t.associate(p, e) for t, p, e in zip(trackers, prepared, embeddings, strict=True)]
        self.counts["frames"] += len(frames)
        self.counts["detections"] += sum(len(d) for d in found)
        return tracks

    def _embed(self, frames: Sequence[Frame], boxes: Sequence[FloatArray]) -> Sequence[FloatArray | None]:
        """Embeddings of each camera's boxes (W, 4), float32 (W, D); None where there are no boxes or no embedder."""
        if self.embedder is None or not any(map(len, boxes)):
            return [None] * len(frames)
        crops = [body_crops(frame.image, wanted) for frame, wanted in zip(frames, boxes, strict=True)]
        vectors = self.embedder.embed(list(chain.from_iterable(crops)))
        self.counts["embedded"] += len(vectors)
        parts = np.split(vectors, np.cumsum([len(part) for part in crops])[:-1])
        return [part if len(part) else None for part in parts]
