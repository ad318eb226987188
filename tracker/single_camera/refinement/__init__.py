"""Refinement of finished tracklets: split, stitch, drop, fill, smooth. For files; live streams do without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tracker.single_camera.refinement.drop import drop_ghosts
from tracker.single_camera.refinement.gaps import fill_gaps
from tracker.single_camera.refinement.options import RefinementOptions, SplitOptions, StitchOptions
from tracker.single_camera.refinement.scale import look_scale, scaled_split, scaled_stitch
from tracker.single_camera.refinement.smooth import smooth_tracklet
from tracker.single_camera.refinement.split import split_tracklet
from tracker.single_camera.refinement.stitch import stitch_tracklets
from tracker.structures import Tracklet

__all__ = ["RefinementOptions", "SplitOptions", "StitchOptions", "refine"]


def refine(tracklets: Sequence[Tracklet], options: RefinementOptions) -> list[Tracklet]:
    """Better tracklets out of finished ones, of any number of cameras; the input stays as it is.

    Track ids are kept, except that the second part of a split tracklet gets a new one.
    """
    scale = look_scale(tracklets)
    options = options.model_copy(
        update={
            "split": None if options.split is None else scaled_split(options.split, scale),
            "stitch": None if options.stitch is None else scaled_stitch(options.stitch, scale),
        }
    )
    cameras = dict.fromkeys(tracklet.camera_id for tracklet in tracklets)
    refined: list[Tracklet] = []
    for camera_id in cameras:
        refined += _refine_camera([t for t in tracklets if t.camera_id == camera_id], options)
    return refined


def _refine_camera(tracklets: Sequence[Tracklet], options: RefinementOptions) -> list[Tracklet]:
    current = list(tracklets)
    if options.split is not None:
        current = _split_all(current, options.split)
    if options.stitch is not None:
        current = stitch_tracklets(current, options.stitch)
    current = drop_ghosts(current, options)
    if options.fill != "none":
        current = [fill_gaps(t, options.fill_gap_s, options.fill) for t in current]
    if options.smooth:
        current = [smooth_tracklet(t) for t in current]
    return current


def _split_all(tracklets: Sequence[Tracklet], options: SplitOptions) -> list[Tracklet]:
    next_id = max((t.track_id for t in tracklets), default=0) + 1
    result = []
    for tracklet in tracklets:
        first, *others = split_tracklet(tracklet, options)
        result.append(first)
        for part in others:
            result.append(replace(part, track_id=next_id))
            next_id += 1
    return result
