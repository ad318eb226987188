"""Appearance and travel time of a run's tracklets as log-odds of "same person"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from tracker.cross_camera.evidence.appearance import (
    TrackletHalves,
    camera_means,
    tracklet_vectors,
    without_camera,
)
from tracker.cross_camera.evidence.cannot_link import in_pairs, overlap_pairs
from tracker.cross_camera.evidence.compared_pairs import ScoredPairs, score_pairs
from tracker.cross_camera.evidence.labelled_pairs import read_calibration
from tracker.cross_camera.evidence.score_calibration import Calibration, calibrate, labelled_calibration
from tracker.cross_camera.evidence.travel_times import travel_log_odds
from tracker.cross_camera.options import CrossCameraOptions
from tracker.structures import FloatArray, IntArray, Tracklet


class AppearanceEvidence:
    """Compares the tracklets that have an embedding.

    Args:
        tracklets: N tracklets.
        cannot_link: Pairs that are certainly two people, int64 (Q, 2).
        extra: Pairs that have to be compared whatever they look like, int64 (E, 2).
        options: See `CrossCameraOptions`.
    """

    def __init__(
        self, tracklets: Sequence[Tracklet], cannot_link: IntArray, extra: IntArray, options: CrossCameraOptions
    ) -> None:
        vectors, known = tracklet_vectors(tracklets)
        self._options = options
        self._stored = None if options.calibration is None else read_calibration(options.calibration)
        self._rows: IntArray = np.flatnonzero(known)
        self._seen = [tracklets[row] for row in self._rows.tolist()]
        self._vectors = vectors[self._rows]
        self._cameras = np.unique([t.camera_id for t in self._seen], return_inverse=True)[1].astype(np.int64)
        position = np.full(len(tracklets), -1, np.int64)
        position[self._rows] = np.arange(len(self._rows))
        self._forbidden = _both_known(position[cannot_link])
        self._extra = _both_known(position[np.concatenate([cannot_link, extra])])
        self._nearest: IntArray | None = None
        self._halves = TrackletHalves(self._seen, self._cameras, self._vectors.shape[1])

    @property
    def known(self) -> bool:
        """Whether any two tracklets can be compared."""
        return len(self._rows) > 1

    def log_odds(self, labels: IntArray | None) -> tuple[IntArray, NDArray[np.float64]]:
        """Compare the pairs worth comparing.

        Args:
            labels: Partition found so far, (N,), or None.

        Returns:
            Pairs of tracklets, int64 (P, 2), and the log-odds of each, float64 (P,).
        """
        people = None if labels is None else labels[self._rows]
        means = camera_means(self._vectors, self._cameras, people)
        scored = score_pairs(without_camera(self._vectors, self._cameras, means), self._extra, self._nearest)
        self._nearest = scored.nearest  # serves all rounds: later camera means hardly change who is near
        forbidden = in_pairs(scored.first, scored.second, self._forbidden, len(self._rows))
        log_odds = self._calibration(scored, forbidden, means)(scored.similarity)
        if people is not None and self._options.travel_times:
            log_odds[~forbidden] += self._travel(scored, log_odds, people, ~forbidden)
        return np.column_stack([self._rows[scored.first], self._rows[scored.second]]), log_odds

    def _calibration(self, scored: ScoredPairs, forbidden: NDArray[np.bool_], means: FloatArray) -> Calibration:
        sampled = in_pairs(scored.sample_first, scored.sample_second, self._forbidden, len(self._rows))
        if self._stored is not None:
            calibration = labelled_calibration(*self._stored, len(self._rows))
        else:
            calibration = calibrate(
                scored.sample_similarity[~sampled].astype(np.float64),
                scored.similarity[forbidden].astype(np.float64),
                self._halves.similarities(means),
                len(self._rows),
            )
        target = self._options.false_match_rate
        return calibration if target is None else calibration.shifted_to(target)

    def _travel(
        self, scored: ScoredPairs, log_odds: NDArray[np.float64], people: IntArray, allowed: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Travel-time log-odds, learned from what the last partition put together as far as appearance agrees."""
        first, second = scored.first[allowed], scored.second[allowed]
        likely = expit(log_odds[allowed])
        return travel_log_odds(self._seen, first, second, np.where(people[first] == people[second], likely, 0.0))


def _both_known(pairs: IntArray) -> IntArray:
    return pairs[(pairs >= 0).all(axis=1)]


def live_calibration(
    tracklets: Sequence[Tracklet], cameras: Mapping[str, int], options: CrossCameraOptions
) -> tuple[FloatArray, Calibration] | None:
    """Camera means, float32 (C, D) by camera number, and a calibration of plain similarity; None without appearance.

    For comparing one newcomer with a gallery, where the contrast of `score_pairs` is not at hand.
    """
    vectors, known = tracklet_vectors(tracklets)
    seen = [tracklet for tracklet, has in zip(tracklets, known.tolist(), strict=True) if has]
    if len(seen) < 2:
        return None
    vectors = vectors[known]
    indices = np.array([cameras[t.camera_id] for t in seen], np.int64)
    means = camera_means(vectors, indices)
    centred = without_camera(vectors, indices, means)
    first, second = np.triu_indices(len(seen), 1)
    similarity = (centred @ centred.T)[first, second].astype(np.float64)
    forbidden = in_pairs(first, second, overlap_pairs(seen, options.overlap_slack_s), len(seen))
    halves = TrackletHalves(seen, indices, means.shape[1]).similarities(means)
    calibration = calibrate(similarity[~forbidden], similarity[forbidden], halves, len(seen))
    target = options.false_match_rate
    return means, calibration if target is None else calibration.shifted_to(target)
