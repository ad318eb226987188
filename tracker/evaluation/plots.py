"""Scores as pictures: HOTA over the localisation threshold, and who had which identity when."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tracker.evaluation.frame_matching import Matches
from tracker.evaluation.tracking import TrackingScores

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ALPHAS = np.arange(0.05, 0.99, 0.05)
"""The localisation thresholds of HOTA."""
MAX_NAMED_CURVES = 12
"""More curves than this are drawn thin and without a name."""


def _new_figure(width: float, height: float) -> Figure:
    """An empty figure in inches, without a window or global state of pyplot."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def plot_hota(scores: TrackingScores, path: Path) -> None:
    """Draw HOTA over alpha for every camera, `combined` and `multi_camera`."""
    figure = _new_figure(7, 4.5)
    axes = figure.add_subplot()
    many = len(scores.hota_curves) > MAX_NAMED_CURVES
    for name, curve in scores.hota_curves.items():
        pooled = name in ("combined", "multi_camera")
        label = f"{name} ({np.mean(curve):.1f})" if pooled or not many else None
        axes.plot(ALPHAS, curve, label=label, linewidth=2.5 if pooled else 1.2, linestyle="--" if pooled else "-")
    axes.set(xlabel="localisation threshold alpha (IoU)", ylabel="HOTA, %", xlim=(0, 1), ylim=(0, 100))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=120)


def _runs(frames: NDArray[np.int64], ids: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """Stretches of one identity without a gap: (identity, first frame, last frame), in order of frames."""
    breaks = np.flatnonzero((np.diff(ids) != 0) | (np.diff(frames) > 1)) + 1
    starts, ends = np.concatenate([[0], breaks]), np.concatenate([breaks, [len(frames)]]) - 1
    return [(int(ids[s]), int(frames[s]), int(frames[e])) for s, e in zip(starts, ends, strict=True)]


def _draw_camera(axes: Axes, matches: Matches, people: NDArray[np.int64], colours: dict[int, tuple]) -> None:
    """One line per person, in the colour of the result identity; a cross where the identity changes."""
    for row, person in enumerate(people):
        mine = matches.person_ids == person
        if not mine.any():
            continue
        before: int | None = None
        for identity, first, last in _runs(matches.frames[mine], matches.result_ids[mine]):
            axes.broken_barh([(first, last - first + 1)], (row - 0.35, 0.7), facecolors=colours[identity])
            if before is not None and identity != before:
                axes.plot(first, row, "kx", markersize=6)
            before = identity
    axes.set_yticks(range(len(people)), [str(person) for person in people], fontsize=7)
    axes.set_ylim(len(people) - 0.5, -0.5)
    axes.grid(axis="x", alpha=0.3)


def plot_identity_timeline(scores: TrackingScores, path: Path) -> None:
    """Draw for each camera and person when they were found, coloured by result identity, switches crossed.

    A person has one colour in all cameras when the identities are right.
    """
    from matplotlib import colormaps

    people = np.unique(np.concatenate([m.person_ids for m in scores.matches.values()]))
    identities = np.unique(np.concatenate([m.result_ids for m in scores.matches.values()]))
    palette = colormaps["tab20"].colors + colormaps["tab20b"].colors  # type: ignore[attr-defined]
    colours = {int(identity): palette[k % len(palette)] for k, identity in enumerate(identities)}
    figure = _new_figure(11, max(1.2 + 0.16 * len(people), 1.6) * len(scores.matches))
    for number, (name, matches) in enumerate(scores.matches.items(), 1):
        axes = figure.add_subplot(len(scores.matches), 1, number)
        _draw_camera(axes, matches, people, colours)
        axes.set_ylabel(f"{name}\nperson", fontsize=8)
    axes.set_xlabel("frame (colour: identity in the results, x: it changes)")
    figure.savefig(path, dpi=110)
