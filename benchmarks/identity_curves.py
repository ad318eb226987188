"""IDF1 over the difficulty of appearance, for several ways to find identities: measured, as a table, as a picture."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.identity_modes import Evidence, Labels, bounds, offline, online
from benchmarks.identity_scores import BoxTruth, compare_boxes
from benchmarks.world import World

SIMILARITIES = (0.7, 0.5, 0.4, 0.3)
"""From easy to hard; see `sightings`."""

Row = dict[str, Any]


Ways = Sequence[Callable[[World, BoxTruth, Evidence], dict[str, Labels]]]
BOTH: Ways = (offline, online)


def measure(
    make: Callable[[float, int], World], evidence: Sequence[Evidence], seeds: int, ways: Ways = BOTH
) -> list[Row]:
    """Rows of one kind of world: means over seeds, for every similarity, way and kind of evidence.

    Args:
        make: From similarity and seed.
        evidence: Kinds of evidence to decide by.
        seeds: Worlds of each similarity.
        ways: To find identities.
    """
    rows: list[Row] = []
    for similarity in SIMILARITIES:
        found: dict[tuple[str, str], list[Row]] = {}
        for seed in range(seeds):
            for row in _score_world(make(similarity, seed), evidence, ways):
                found.setdefault((row.pop("way"), row.pop("evidence")), []).append(row)
        for (way, by), of_seeds in found.items():
            means = {key: round(float(np.mean([row[key] for row in of_seeds])), 3) for key in of_seeds[0]}
            rows.append({"similarity": similarity, "way": way, "evidence": by, **means})
            print(_line(rows[-1]), flush=True)
    return rows


def _score_world(world: World, evidence: Sequence[Evidence], ways: Ways) -> list[Row]:
    boxes = compare_boxes(world)
    facts = {"tracklets": len(world.tracklets), "separability": world.separability(), "rank1": world.rank1()}
    rows = [_row(way, "", boxes, labels, 0.0) | facts for way, labels in bounds(world, boxes).items()]
    for kind in evidence:
        for find in ways:
            began = time.process_time()
            labelled = find(world, boxes, kind)
            seconds = time.process_time() - began
            rows += [_row(way, kind.name, boxes, labels, seconds) | facts for way, labels in labelled.items()]
    return rows


def _row(way: str, evidence: str, boxes: BoxTruth, labels: Labels, seconds: float) -> Row:
    return {"way": way, "evidence": evidence, **boxes.scores(labels), "cpu_s": seconds}


def _line(row: Row) -> str:
    return (
        f"{row['similarity']:.2f}  rank-1 {row['rank1']:5.1f}  {row['way']:19} {row['evidence']:26} "
        f"IDF1 {row['IDF1']:5.1f}  merges {row['wrong_merges']:5.1f}  splits {row['wrong_splits']:6.1f}  "
        f"{row['cpu_s']:6.1f} s"
    )


COLOURS = {
    "appearance": "tab:orange", "appearance + time": "tab:blue", "appearance + place": "tab:green",
    "appearance + time + place": "tab:purple", "": "black",
}  # fmt: skip
DASHES = {
    "offline": "-", "online, in the end": "--", "online, as shown": ":", "perfect linking": "-", "no linking": ":",
}  # fmt: skip


def draw_curves(panels: Sequence[tuple[str, Sequence[Row]]], columns: int, path: Path) -> None:
    """One panel per kind of world, IDF1 over similarity from easy to hard; colour is evidence, dashes are the way."""
    from matplotlib.figure import Figure

    height = -(-len(panels) // columns)
    figure = Figure(figsize=(4.2 * columns, 3.4 * height + 1.2), layout="constrained")
    axes = figure.subplots(height, columns, squeeze=False, sharex=True, sharey=True)
    named: dict[str, Any] = {}
    for place, (title, rows) in zip(axes.flat, panels, strict=False):
        for key in dict.fromkeys((row["way"], row["evidence"]) for row in rows):
            mine = sorted((row["similarity"], row["IDF1"]) for row in rows if (row["way"], row["evidence"]) == key)
            label = ", ".join(part for part in key if part)
            (named[label],) = place.plot(
                *zip(*mine, strict=True), DASHES[key[0]], color=COLOURS[key[1]], marker=".", linewidth=1.5
            )
        place.set_title(title, fontsize=9)
        place.grid(alpha=0.3)
    for place in axes.flat[len(panels) :]:
        place.set_axis_off()
    axes[0, 0].invert_xaxis()
    figure.supxlabel("similarity of one person in two cameras (two people: 0), easy to hard", fontsize=9)
    figure.supylabel("IDF1 over all cameras, %", fontsize=9)
    figure.legend(named.values(), named.keys(), loc="outside lower center", ncols=min(3, columns + 1), fontsize=8)
    figure.savefig(path, dpi=110)
