"""Scores as a table for people and as CSV for spreadsheets."""

from __future__ import annotations

import csv
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.table import Table

from tracker.evaluation.tracking import Scores, TrackingScores

TABLE_COLUMNS = ("HOTA", "DetA", "AssA", "MOTA", "IDF1", "IDP", "IDR", "id_switches")
"""What the table on the terminal shows; JSON and CSV hold everything."""


def score_rows(scores: TrackingScores) -> dict[str, Scores]:
    """One row per camera, then `combined` and `multi_camera`."""
    return {**scores.cameras, "combined": scores.combined, "multi_camera": scores.multi_camera}


def _cell(value: float | int | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def score_table(scores: TrackingScores) -> Table:
    """The main scores, rates in percent."""
    table = Table(title="Tracking scores, percent", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("sequence", no_wrap=True)
    for name in TABLE_COLUMNS:
        table.add_column(name.replace("id_switches", "IDSW"), justify="right", no_wrap=True)
    rows = score_rows(scores)
    for name, row in rows.items():
        end_section = len(rows) > 2 and name == list(scores.cameras)[-1]
        table.add_row(name, *(_cell(row.get(column)) for column in TABLE_COLUMNS), end_section=end_section)
    return table


def identity_line(scores: TrackingScores) -> str:
    """One sentence on merged and split people over all cameras."""
    multi = scores.multi_camera
    return (
        f"Over all cameras: {multi['people']} people, {multi['result_ids']} identities; "
        f"{multi['wrong_merges']} wrong merges in {multi['merged_identities']} identities, "
        f"{multi['wrong_splits']} wrong splits of {multi['split_people']} people; "
        f"pairs: precision {multi['pair_precision']:.1f} %, recall {multi['pair_recall']:.1f} %."
    )


def write_csv(scores: TrackingScores, path: Path) -> None:
    """Write one line per camera, then `combined` and `multi_camera`; a score that a row lacks is empty."""
    rows = score_rows(scores)
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["sequence", *columns])
        writer.writeheader()
        writer.writerows({"sequence": name, **row} for name, row in rows.items())
