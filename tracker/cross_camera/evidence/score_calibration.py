"""From similarity to the log-odds of "same person", without labels.

The similarities of a run are a mixture of pairs of different people and of pairs of one person. Three things are known
before: pairs in view together in one camera are certainly different; parts of one tracklet are certainly one person,
though a little more alike than the same person in another camera; and few pairs are one person. Expectation
maximization with these as priors (maximum a posteriori) fits the run: with little evidence the priors decide, with
much the run does. No threshold belongs to a data set or an embedder.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

COMPANIONS = 2.0
"""Expected number of other tracklets of one person, before anything is known of a run."""

SHARE_WEIGHT = 0.05
"""Weight of the expected share of same-person pairs against what the run seems to say: the tail of different pairs
looks like same pairs, most of all in large runs. With 6 and 0.2 people who come back are linked equally well, but of 50
passers-by who never do every fourth was taken for another one; now every tenth (MARS and Market-1501 tracklets of
people with 0 to 13 companions, benchmarks/identity/linking_of_crops.py)."""

CROSS_CAMERA = 0.75
"""Similarity of one person in two cameras, from 0 (different people) to 1 (halves of one tracklet). With OSNet:
0.55 to 0.70 on MARS, 0.85 to 0.95 on Market-1501 sequences."""

LEAST_CROSS_CAMERA = 0.4
"""The mean of one person is never taken to lie lower: where nobody comes back, it would sink into the tail. On MARS and
Market-1501 it never does; 0.5 cost large synthetic crowds of people who look alike up to 5 points of IDF1."""

CROSS_CAMERA_SPREAD = 0.30
"""Standard deviation on the same scale; wide, because visits that are short, cut or dark resemble nobody much."""

DIFFERENT_SPREAD = 0.22
"""Standard deviation of different people on the same scale: 0.13 to 0.33 on these and on real videos."""

FEW_PAIRS = 10.0
"""Pairs of different people needed to outweigh that: the first few people of a run say little of the rest."""

POSITIVE_WEIGHT = 60.0
"""Same-person pairs needed to outweigh these two."""

CERTAIN_WEIGHT = 3.0
"""A certain pair counts for this many uncertain ones."""

TAIL = 2.2
"""From here on, in standard deviations, the density of different people falls exponentially, not like a Gaussian."""

HALVES = 0.8
"""Similarity assumed for parts of one tracklet where tracklets come without samples."""

MAX_LOG_ODDS = 8.0
"""No single piece of evidence is surer than this, about 3,000 to 1."""

BINS = 4096
"""Similarities are counted in so many bins before they are fitted: a large run has a million pairs."""

MIN_DEVIATION = 0.005
ITERATIONS = 25
GRID = 512


@dataclass(frozen=True, eq=False)
class Calibration:
    """A rising curve from similarity to log-odds, linear between its points.

    Attributes:
        similarity: float64 (G,), rising.
        log_odds: float64 (G,), not falling.
        different: Mean and standard deviation of the similarity of different people.
        same: The same of one person in two tracklets.
        same_share: Share of pairs that are one person.
    """

    similarity: NDArray[np.float64]
    log_odds: NDArray[np.float64]
    different: tuple[float, float]
    same: tuple[float, float]
    same_share: float

    def __call__(self, similarity: NDArray) -> NDArray[np.float64]:
        """Log-odds of "same person" of each similarity, in [-MAX_LOG_ODDS, MAX_LOG_ODDS]."""
        return np.interp(similarity, self.similarity, self.log_odds)

    def shifted_to(self, false_match_rate: float) -> Calibration:
        """The same curve moved so that this share of different pairs lies above log-odds 0."""
        mean, deviation = self.different
        boundary = mean + deviation * tail_quantile(false_match_rate)
        shift = float(np.interp(boundary, self.similarity, self.log_odds))
        moved = np.clip(self.log_odds - shift, -MAX_LOG_ODDS, MAX_LOG_ODDS)
        return Calibration(self.similarity, moved, self.different, self.same, self.same_share)


def tail_quantile(share: float) -> float:
    """Standard deviations above the mean that this share of different pairs exceeds, with the exponential tail."""
    beyond = 1 - NormalDist().cdf(TAIL)
    if share >= beyond:
        return NormalDist().inv_cdf(1 - share)
    return TAIL + np.log(beyond / share) / TAIL


def calibrate(similarity: NDArray, certain_different: NDArray, halves: NDArray, count: int) -> Calibration:
    """Fit the mixture to a run.

    Args:
        similarity: Of pairs of tracklets that may be one person, (P,).
        certain_different: Of pairs that cannot be one person, (Q,).
        halves: Between parts of one tracklet, (H,).
        count: Number of tracklets.
    """
    expected = min(COMPANIONS / max(count - 1, 1), 0.4)
    upper = float(np.median(halves)) if len(halves) else HALVES
    if len(similarity) == 0:
        return _never(expected)
    mixture = _Mixture.guess(similarity, upper, expected)
    values, pairs = _binned(similarity)
    for _ in range(ITERATIONS):
        same = expit(mixture.log_odds(values))
        mixture = mixture.updated(values, pairs, same, certain_different, upper, expected)
    return _curve(mixture)


def _binned(similarity: NDArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean similarity of the pairs in each of `BINS` even bins, empty ones left out, and their number, (B,) twice."""
    low, high = similarity.min(), similarity.max()
    bins = ((similarity - low) * (BINS / max(high - low, 1e-12))).astype(np.int64)
    counts = np.bincount(bins)
    kept = counts > 0
    return np.bincount(bins, similarity)[kept] / counts[kept], counts[kept].astype(np.float64)


def labelled_calibration(different: tuple[float, float], same: tuple[float, float], count: int) -> Calibration:
    """The curve of known distributions: mean and deviation of both kinds of pairs, in a run of `count` tracklets."""
    return _curve(_Mixture(different, same, min(COMPANIONS / max(count - 1, 1), 0.4)))


def _curve(mixture: _Mixture) -> Calibration:
    mean, deviation = mixture.different
    grid = np.linspace(mean - 4 * deviation, max(1.2, mean + deviation), GRID)
    curve = mixture.log_odds(grid)
    curve[grid < mean] = curve[np.searchsorted(grid, mean)]  # below, a broad "same" would rise again
    curve = np.clip(np.maximum.accumulate(curve), -MAX_LOG_ODDS, MAX_LOG_ODDS)
    return Calibration(grid, curve, mixture.different, mixture.same, mixture.share)


def _never(share: float) -> Calibration:
    return Calibration(np.zeros(1), np.full(1, -MAX_LOG_ODDS), (0.0, 1.0), (0.0, 1.0), share)


@dataclass(frozen=True)
class _Mixture:
    different: tuple[float, float]
    same: tuple[float, float]
    share: float

    @staticmethod
    def guess(similarity: NDArray, upper: float, expected: float) -> _Mixture:
        # Same-person pairs lie above, so quantiles of the lower part belong to different people alone.
        mean, low = np.quantile(similarity, [0.5 * (1 - expected), 0.16 * (1 - expected)])
        scale = max(upper - mean, MIN_DEVIATION)
        same = (mean + CROSS_CAMERA * scale, CROSS_CAMERA_SPREAD * scale)
        trust = len(similarity) / (len(similarity) + FEW_PAIRS)
        deviation = trust * (mean - low) + (1 - trust) * DIFFERENT_SPREAD * scale
        return _Mixture((float(mean), max(float(deviation), MIN_DEVIATION)), same, expected)

    def log_odds(self, similarity: NDArray) -> NDArray[np.float64]:
        z = (similarity - self.different[0]) / self.different[1]
        log_different = np.where(z < TAIL, -0.5 * z**2, -TAIL * z + 0.5 * TAIL**2) - np.log(self.different[1])
        log_same = -0.5 * ((similarity - self.same[0]) / self.same[1]) ** 2 - np.log(self.same[1])
        odds = log_same - log_different + np.log(self.share / (1 - self.share))
        return np.where(z < 0, np.minimum(odds, -MAX_LOG_ODDS), odds)

    def updated(
        self, values: NDArray, pairs: NDArray, same: NDArray, certain: NDArray, upper: float, expected: float
    ) -> _Mixture:
        """One step of expectation maximization: `pairs` (B,) of similarity `values`, `same` with this probability."""
        same_pairs, other_pairs = same * pairs, (1 - same) * pairs
        weight = other_pairs.sum() + CERTAIN_WEIGHT * len(certain)
        mean = ((other_pairs * values).sum() + CERTAIN_WEIGHT * certain.sum()) / weight
        square = (other_pairs * (values - mean) ** 2).sum() + CERTAIN_WEIGHT * ((certain - mean) ** 2).sum()
        scale = max(upper - mean, MIN_DEVIATION)
        square += FEW_PAIRS * (DIFFERENT_SPREAD * scale) ** 2
        deviation = max(float(np.sqrt(square / (weight + FEW_PAIRS))), MIN_DEVIATION)
        found, prior = same_pairs.sum(), POSITIVE_WEIGHT
        centre = (prior * (mean + CROSS_CAMERA * scale) + (same_pairs * values).sum()) / (prior + found)
        centre = max(centre, mean + LEAST_CROSS_CAMERA * scale)
        square = prior * (CROSS_CAMERA_SPREAD * scale) ** 2 + (same_pairs * (values - centre) ** 2).sum()
        spread = max(float(np.sqrt(square / (prior + found))), MIN_DEVIATION)
        share = (found / pairs.sum() + SHARE_WEIGHT * expected) / (1 + SHARE_WEIGHT)
        return _Mixture((float(mean), deviation), (float(centre), spread), float(share))
