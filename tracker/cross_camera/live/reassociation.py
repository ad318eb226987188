"""The last minutes decided again with everything in view: for live identities, which correct themselves by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace

from tracker.cross_camera.evidence.log_odds import live_calibration
from tracker.cross_camera.evidence.score_calibration import Calibration
from tracker.cross_camera.floor.cameras import CameraSetup
from tracker.cross_camera.floor.clock import with_clocks
from tracker.cross_camera.options import CrossCameraOptions
from tracker.cross_camera.partition.associator import Associator
from tracker.structures import FloatArray, TrackKey, Tracklet


@dataclass(frozen=True, eq=False)
class Decision:
    """What was found.

    Attributes:
        people: Tracks of each person.
        calibration: Camera means, float32 (C, D) by camera number, and the curve of plain similarity; None without
            appearance.
    """

    people: Sequence[Sequence[TrackKey]]
    calibration: tuple[FloatArray, Calibration] | None


class Reassociation:
    """Decides tracklets in the background where there is one, else at once.

    Args:
        options: Of the associator.
        setup: What is known of the cameras.
        background: Runs one decision at a time, so that streams need not wait for it; None for results that do not
            depend on how fast the machine is.
    """

    def __init__(self, options: CrossCameraOptions, setup: CameraSetup | None, background: Executor | None) -> None:
        self._options = options
        self._setup = setup or CameraSetup()
        self._clocks_known_from = 0
        self._background = background
        self._running: Future[Decision] | None = None

    @property
    def is_running(self) -> bool:
        """Whether a decision was begun and not taken yet."""
        return self._running is not None

    def begin(self, tracklets: Sequence[Tracklet], cameras: Mapping[str, int]) -> None:
        """Start on tracklets, which nobody else changes; `cameras` numbers the rows of camera means."""
        if self._background is not None:
            self._running = self._background.submit(self._decide, tracklets, dict(cameras))
        else:
            self._running = Future()
            self._running.set_result(self._decide(tracklets, cameras))

    def take(self, wait: bool = False) -> Decision | None:
        """The decision once it is there, or None."""
        if self._running is None or not (wait or self._running.done()):
            return None
        decision = self._running.result()
        self._running = None
        return decision

    def _decide(self, tracklets: Sequence[Tracklet], cameras: Mapping[str, int]) -> Decision:
        if len(tracklets) < 2:
            return Decision([[(t.camera_id, t.track_id)] for t in tracklets], None)
        calibration = live_calibration(tracklets, cameras, self._options)
        identities = Associator(self._options, self._with_clocks(tracklets)).associate(tracklets)
        return Decision([[(t.camera_id, t.track_id) for t in i.tracklets] for i in identities], calibration)

    def _with_clocks(self, tracklets: Sequence[Tracklet]) -> CameraSetup:
        """The cameras with what the run tells of their clocks: estimated again when there are twice as many tracklets.

        Clocks do not change within minutes, and what was found early rests on few people.
        """
        if len(tracklets) >= 2 * self._clocks_known_from:
            self._setup = with_clocks(replace(self._setup, clock_errors_s=None), tracklets)
            self._clocks_known_from = len(tracklets)
        return self._setup
