"""Identities kept between runs (`--gallery FILE.sqlite`): yesterday's visitor is the same identity today.

The file holds, for each identity, one vector per tracklet as embedded, with its camera. A run's own identities are
decided first; then each is compared, as a whole, with each stored one, and one assignment gives it an old id or the
next free one. Vectors of another ReID model cannot be compared, so such a file is refused.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from crosscam.base.errors import InputError
from tracker.cross_camera.evidence.appearance import TrackletHalves, camera_means, tracklet_vectors, without_camera
from tracker.cross_camera.evidence.cannot_link import in_pairs, overlap_pairs
from tracker.cross_camera.evidence.score_calibration import Calibration, calibrate
from tracker.structures import FloatArray, Identity, IntArray

SCHEMA = "1"
VECTOR = np.dtype("<f4")
PER_IDENTITY = 32
"""Vectors kept per person; of more, the newest."""

MIN_LOG_ODDS = 1.0
"""How sure a return must be: a stored id given to a stranger is worse than a new one."""

TABLES = (
    "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS vectors (vector_id INTEGER PRIMARY KEY, identity_id INTEGER NOT NULL, "
    "camera TEXT NOT NULL, embedding BLOB NOT NULL)",
    "CREATE INDEX IF NOT EXISTS vectors_by_identity ON vectors (identity_id)",
)
KNOWN_TABLES = {"meta", "vectors"}
LOCK_WAIT_S = 10.0
"""Another run may be writing; it takes a moment."""


def check_gallery(path: str | Path, model: str) -> None:
    """Try, before a long run, everything that its end needs of a gallery; nothing is changed.

    Raises:
        InputError: The file cannot be used: no folder for it, something else, another ReID model, locked, read-only.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise InputError(f"cannot use gallery {path}: the folder {path.parent} does not exist")
    is_new = not path.exists()
    with _opened(path, model) as db:
        db.execute("CREATE TABLE trial (x)")  # a locked or read-only file is found out here
        db.rollback()
    if is_new:
        path.unlink(missing_ok=True)


def recall_identities(
    path: str | Path, model: str, identities: Sequence[Identity], slack_s: float = 0.2
) -> list[Identity]:
    """Number the identities of a run by those of a gallery file, and store them in it.

    Args:
        path: SQLite file; made where it does not exist.
        model: Name of the ReID model that made the embeddings.
        identities: Of this run.
        slack_s: Time for which boxes of one person may be taken for two, as in the run's own linking, in seconds.

    Returns:
        The same identities with their lasting ids, in order.

    Raises:
        InputError: The file cannot be used, or was made with another ReID model.
    """
    with _opened(Path(path), model) as db:
        identity_ids = _match(db, identities, slack_s)
        _store(db, identities, identity_ids)
        db.commit()
    named = [replace(identity, identity_id=n) for identity, n in zip(identities, identity_ids, strict=True)]
    return sorted(named, key=lambda identity: identity.identity_id)


@contextmanager
def _opened(path: Path, model: str) -> Iterator[sqlite3.Connection]:
    """The file with its tables, in a transaction that the caller commits.

    Raises:
        InputError: It is no gallery, or one of another model.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=LOCK_WAIT_S)) as db:
            db.execute("BEGIN IMMEDIATE")
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if tables - KNOWN_TABLES or tables not in (set(), KNOWN_TABLES):
                raise InputError(f"{path} is no gallery: expected a new file or one that --gallery made")
            _prepare(db, path, model)
            yield db
            if db.in_transaction:
                db.rollback()
    except sqlite3.Error as error:
        raise InputError(f"cannot use gallery {path}: {error}; expected a file that --gallery made") from error


def _prepare(db: sqlite3.Connection, path: Path, model: str) -> None:
    for table in TABLES:
        db.execute(table)
    db.executemany("INSERT OR IGNORE INTO meta VALUES (?, ?)", [("schema", SCHEMA), ("reid_model", model)])
    found = dict(db.execute("SELECT key, value FROM meta"))
    if found["schema"] != SCHEMA:
        raise InputError(f"gallery {path}: expected schema {SCHEMA}, found {found['schema']}")
    if found["reid_model"] != model:
        raise InputError(
            f"gallery {path} was made with ReID model {found['reid_model']!r}, this run uses {model!r}; "
            "give the same --reid, or another gallery file"
        )
    if not found.get("highest", "0").isdecimal():
        raise InputError(f"gallery {path}: expected a whole number as 'highest', found {found['highest'][:40]!r}")


def _match(db: sqlite3.Connection, identities: Sequence[Identity], slack_s: float) -> list[int]:
    """The id of each identity: a stored one where it is clear, else the next that was never used."""
    rows = db.execute("SELECT identity_id, camera, embedding FROM vectors ORDER BY vector_id").fetchall()
    known = db.execute("SELECT value FROM meta WHERE key = 'highest'").fetchone()
    highest = max([int(known[0]) if known else 0, *(row[0] for row in rows)])
    chosen: dict[int, int] = {}
    if rows:
        stored, odds = _identity_odds(rows, identities, slack_s)
        if odds.size:
            ours, theirs = linear_sum_assignment(-np.maximum(odds, MIN_LOG_ODDS))
            for row, column in zip(ours.tolist(), theirs.tolist(), strict=True):
                if odds[row, column] > MIN_LOG_ODDS:
                    chosen[row] = int(stored[column])
    identity_ids = []
    for row in range(len(identities)):
        if row not in chosen:
            highest += 1
        identity_ids.append(chosen.get(row, highest))
    db.execute("INSERT OR REPLACE INTO meta VALUES ('highest', ?)", (str(max([highest, *identity_ids])),))
    return identity_ids


def _identity_odds(
    rows: Sequence[tuple[int, str, bytes]], identities: Sequence[Identity], slack_s: float
) -> tuple[IntArray, NDArray[np.float64]]:
    """Ids of the stored identities, (S,), and mean log-odds with each identity of the run, (R, S)."""
    tracklets = [t for identity in identities for t in identity.tracklets]
    ours = np.repeat(np.arange(len(identities)), [len(identity.tracklets) for identity in identities])
    vectors, known = tracklet_vectors(tracklets)
    seen = [t for t, has in zip(tracklets, known.tolist(), strict=True) if has]
    stored_vectors = np.stack([np.frombuffer(row[2], VECTOR) for row in rows]).astype(np.float32)
    if not seen or stored_vectors.shape[1] != vectors.shape[1]:
        return np.zeros(0, np.int64), np.zeros((len(identities), 0))
    names = sorted({t.camera_id for t in seen} | {row[1] for row in rows})
    index = {name: k for k, name in enumerate(names)}
    our_cameras = np.array([index[t.camera_id] for t in seen], np.int64)
    stored_cameras = np.array([index[row[1]] for row in rows], np.int64)
    means = camera_means(
        np.concatenate([vectors[known], stored_vectors]), np.concatenate([our_cameras, stored_cameras])
    )
    centred = without_camera(vectors[known], our_cameras, means)
    calibration = _calibration(centred, seen, our_cameras, means, len(rows), slack_s)
    similarity = centred @ without_camera(stored_vectors, stored_cameras, means).T
    each = calibration(similarity)
    stored, columns = np.unique([row[0] for row in rows], return_inverse=True)
    sums = np.zeros((len(identities), len(stored)))
    np.add.at(sums, (ours[known][:, None], columns[None, :]), each)
    counts = np.bincount(ours[known], minlength=len(identities))[:, None] * np.bincount(columns)[None, :]
    return stored, np.where(counts > 0, sums / np.maximum(counts, 1), -np.inf)


def _calibration(
    centred: FloatArray, seen: Sequence, cameras: IntArray, means: FloatArray, stored: int, slack_s: float
) -> Calibration:
    first, second = np.triu_indices(len(seen), 1)
    similarity = (centred @ centred.T)[first, second].astype(np.float64)
    forbidden = in_pairs(first, second, overlap_pairs(seen, slack_s), len(seen))
    halves = TrackletHalves(seen, cameras, means.shape[1]).similarities(means)
    return calibrate(similarity[~forbidden], similarity[forbidden], halves, len(seen) + stored)


def _store(db: sqlite3.Connection, identities: Sequence[Identity], identity_ids: Sequence[int]) -> None:
    for identity, identity_id in zip(identities, identity_ids, strict=True):
        vectors, known = tracklet_vectors(identity.tracklets)
        db.executemany(
            "INSERT INTO vectors (identity_id, camera, embedding) VALUES (?, ?, ?)",
            [
                (identity_id, tracklet.camera_id, vector.astype(VECTOR).tobytes())
                for tracklet, vector, has in zip(identity.tracklets, vectors, known.tolist(), strict=True)
                if has
            ],
        )
        db.execute(
            "DELETE FROM vectors WHERE identity_id = ?1 AND vector_id NOT IN "
            "(SELECT vector_id FROM vectors WHERE identity_id = ?1 ORDER BY vector_id DESC LIMIT ?2)",
            (identity_id, PER_IDENTITY),
        )
