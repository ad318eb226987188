"""Smooth a tracklet's boxes over time with filterpy's Rauch-Tung-Striebel smoother."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tracker.motion.shapes import REFERENCE_FPS, SHAPES
from tracker.structures import Tracklet

AXES = 4
"""Centre x, centre y, width and height, which the noise model keeps apart."""


def smooth_tracklet(tracklet: Tracklet) -> Tracklet:
    """The tracklet with smoothed boxes: constant velocity forwards, then corrected by what came later.

    Rauch, Tung, Striebel, 1965. The noise is BoT-SORT's for the median size of the box; the smoother of `filterpy`
    takes the time steps one by one, so variable frame rates are exact.
    """
    from filterpy.kalman import rts_smoother  # heavy import, only when smoothing

    if len(tracklet) < 3:
        return tracklet
    shape = SHAPES["xywh"]
    measured = shape.measure(tracklet.boxes)
    typical = np.median(measured, axis=0)[None]
    q_position, q_velocity = (values[0] for values in shape.process(typical))
    noise = shape.measurement(typical)[0]
    filtered = _forward(measured, np.diff(tracklet.times_s), q_position, q_velocity, noise)
    states, _, _, _ = rts_smoother(*filtered)
    return replace(tracklet, boxes=shape.boxes(states[:, :AXES]))


def _forward(
    measured: NDArray[np.float64],
    steps: NDArray[np.float64],
    q_position: NDArray[np.float64],
    q_velocity: NDArray[np.float64],
    noise: NDArray[np.float64],
) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Forward pass of the filter of one box: four independent axes, all at once.

    Args:
        measured: (T, 4).
        steps: Seconds between boxes, (T - 1,).
        q_position: Process variance of the position per frame at the reference rate, (4,).
        q_velocity: Process variance of the velocity, likewise, (4,).
        noise: Measurement variance, (4,).

    Returns:
        For filterpy: means (T, 8), four positions and four velocities; covariances, transitions and process noises
        (T, 8, 8).
    """
    count = len(measured)
    position, velocity = np.arange(AXES), np.arange(AXES, 2 * AXES)
    transition = np.tile(np.eye(2 * AXES), (count, 1, 1))
    transition[1:, position, velocity] = steps[:, None]
    process = np.zeros_like(transition)
    frames = np.concatenate([[0.0], steps])[:, None] * REFERENCE_FPS
    process[:, position, position], process[:, velocity, velocity] = q_position * frames, q_velocity * frames
    means, covariances = np.zeros((count, 2 * AXES)), np.zeros_like(transition)
    x, v = measured[0].copy(), np.zeros(AXES)
    pp, pv, vv = noise.copy(), np.zeros(AXES), 100 * q_velocity
    for t in range(count):
        if t:
            dt = steps[t - 1]
            x = x + dt * v
            pp, pv = pp + dt * (2 * pv + dt * vv) + q_position * frames[t], pv + dt * vv
            vv = vv + q_velocity * frames[t]
            gain_x, gain_v = pp / (pp + noise), pv / (pp + noise)
            error = measured[t] - x
            x, v = x + gain_x * error, v + gain_v * error
            vv, pv, pp = vv - gain_v * pv, pv - gain_x * pv, pp - gain_x * pp
        means[t] = np.concatenate([x, v])
        covariances[t, position, position], covariances[t, velocity, velocity] = pp, vv
        covariances[t, position, velocity] = covariances[t, velocity, position] = pv
    return means, covariances, transition, process
