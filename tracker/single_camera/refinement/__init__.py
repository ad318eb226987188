"""Refinement of finished tracklets: split, cut, stitch, drop, fill, smooth. For files; live streams do without."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from tracker.single_camera.refinement.absence_cuts import AbsenceRule
from tracker.single_camera.refinement.drop import drop_ghosts, is_lasting, usual_score
from tracker.single_camera.refinement.interpolate import fill_gaps
from tracker.single_camera.refinement.options import AbsenceOptions, RefinementOptions, SplitOptions, StitchOptions
from tracker.single_camera.refinement.scale import embedding_scale, scaled
from tracker.single_camera.refinement.smooth import smooth_tracklet
from tracker.single_camera.refinement.split import split_tracklet
from tracker.single_camera.refinement.stitch import stitch_tracklets
from tracker.structures import Tracklet

__all__ = ["AbsenceOptions", "RefinementOptions", "SplitOptions", "StitchOptions", "refine"]


def refine(tracklets: Sequence[Tracklet], options: RefinementOptions) -> list[Tracklet]:
    """Better tracklets out of finished ones, of any number of cameras; the input stays as it is.

    Track ids are kept, except that the second part of a split tracklet gets a new one.
    """
    options = scaled(options, embedding_scale(tracklets))
    usual = usual_score([t for t in tracklets if is_lasting(t, options)])
    cameras = dict.fromkeys(tracklet.camera_id for tracklet in tracklets)
    refined: list[Tracklet] = []
    for camera_id in cameras:
        refined += _refine_camera([t for t in tracklets if t.camera_id == camera_id], options, usual)
    return refined


def _refine_camera(tracklets: Sequence[Tracklet], options: RefinementOptions, usual: float | None) -> list[Tracklet]:
    current = list(tracklets)
    split, absence, stitch = options.split, options.absence, options.stitch
    if split is not None:
        current = _in_parts(current, lambda t: split_tracklet(t, split))
    left = AbsenceRule(current, absence) if absence is not None and current else None
    if left is not None:
        current = _in_parts(current, left.cut)
    if stitch is not None:
        current = stitch_tracklets(current, stitch, left)
    current = drop_ghosts(current, options, usual)
    if options.fill != "none":
        current = [fill_gaps(t, options.fill_gap_s, options.fill) for t in current]
    if options.smooth:
        current = [smooth_tracklet(t) for t in current]
    return current


def _in_parts(tracklets: Sequence[Tracklet], divide: Callable[[Tracklet], list[Tracklet]]) -> list[Tracklet]:
    """The parts of all tracklets; first parts keep their ids, others get new ones."""
    next_id = max((t.track_id for t in tracklets), default=0) + 1
    result = []
    for tracklet in tracklets:
        first, *others = divide(tracklet)
        result.append(first)
        for part in others:
            result.append(replace(part, track_id=next_id))
            next_id += 1
    return result
