"""Reading `tracking.sqlite`: tracklets and identities as they were written; other look-ups are SQL (`store_schema`).

with StoreReader(path) as store:
    store.tracklets()                        # list[Tracklet], to run the cross-camera stage again
    store.result()                           # TrackingResult
    store.crops(3)                           # what a person looked like
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import TracebackType

import numpy as np

from crosscam.base.errors import InputError
from tracker.output.people.crops import Crop
from tracker.output.store.records import from_blob
from tracker.output.store.schema import SCHEMA_VERSION
from tracker.structures import CameraInfo, Identity, TrackingResult, Tracklet


def store_file(results: Path) -> Path:
    """The `tracking.sqlite` of a run, named by itself or by the run's output folder."""
    return results / "tracking.sqlite" if results.is_dir() else results


class StoreReader:
    """An existing `tracking.sqlite`; it may still be growing.

    Raises:
        InputError: It is missing, no SQLite file, or of another schema.
    """

    def __init__(self, path: str | Path) -> None:
        path = Path(path)
        if not path.is_file():
            raise InputError(f"cannot read {path}: no such file")
        self._db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            row = self._db.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
        except sqlite3.Error as error:
            self._db.close()
            raise InputError(f"cannot read {path}: {error}; expected a tracking.sqlite") from error
        if row is None or row[0] != str(SCHEMA_VERSION):
            self._db.close()
            raise InputError(f"{path}: expected schema {SCHEMA_VERSION}, found {row and row[0]}")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> StoreReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def meta(self) -> dict[str, str]:
        """The key-value pairs."""
        return dict(self._db.execute("SELECT key, value FROM meta"))

    def cameras(self) -> list[CameraInfo]:
        """The cameras, in the order in which they were added."""
        rows = self._db.execute("SELECT name, source, fps, frames, width, height FROM cameras ORDER BY camera_id")
        return [CameraInfo(*row) for row in rows]

    def tracklets(self, camera: str | None = None) -> list[Tracklet]:
        """The tracklets of one camera or of all, in the order in which they were added."""
        return [tracklet for _, _, tracklet in self._read_tracklets(camera)]

    def result(self) -> TrackingResult:
        """Cameras and identities; tracklets that were never assigned are not in it."""
        members: dict[int, list[tuple[float, Tracklet]]] = {}
        for identity_id, sure, tracklet in self._read_tracklets(None):
            if identity_id is not None:
                members.setdefault(identity_id, []).append((sure, tracklet))
        identities = []
        for identity_id, own in sorted(members.items()):
            own.sort(key=lambda pair: pair[1].start_s)
            identities.append(Identity(identity_id, tuple(t for _, t in own), tuple(sure for sure, _ in own)))
        return TrackingResult(tuple(self.cameras()), tuple(identities))

    def crops(self, identity_id: int) -> list[Crop]:
        """A person's best crops, by time."""
        rows = self._db.execute(
            "SELECT name, frame, time_s, x1, y1, x2, y2, quality, jpeg FROM crops JOIN tracklets USING (tracklet_id) "
            "JOIN cameras USING (camera_id) WHERE identity_id = ? ORDER BY time_s",
            (identity_id,),
        )
        return [Crop(row[0], row[1], row[2], np.array(row[3:7], np.float32), row[7], row[8]) for row in rows]

    def _read_tracklets(self, camera: str | None) -> list[tuple[int | None, float, Tracklet]]:
        rows = self._db.execute(
            "SELECT tracklet_id, name, track_id, identity_id, confidence, embedding FROM tracklets "
            "JOIN cameras USING (camera_id) WHERE ?1 IS NULL OR name = ?1 ORDER BY tracklet_id",
            (camera,),
        ).fetchall()
        return [
            (identity_id, 1.0 if sure is None else sure, self._read_tracklet(tracklet_id, name, track_id, embedding))
            for tracklet_id, name, track_id, identity_id, sure, embedding in rows
        ]

    def _read_tracklet(self, tracklet_id: int, camera: str, track_id: int, embedding: bytes | None) -> Tracklet:
        table = np.array(
            self._db.execute(
                "SELECT frame, time_s, x1, y1, x2, y2, score FROM boxes WHERE tracklet_id = ? ORDER BY frame",
                (tracklet_id,),
            ).fetchall(),
            np.float64,
        ).reshape(-1, 7)
        samples = self._db.execute(
            "SELECT frame, quality, top, bottom, embedding FROM samples WHERE tracklet_id = ? ORDER BY number",
            (tracklet_id,),
        ).fetchall()
        has_parts = bool(samples) and samples[0][2] is not None
        return Tracklet(
            camera_id=camera,
            track_id=track_id,
            frame_indices=table[:, 0].astype(np.int64),
            times_s=table[:, 1],
            boxes=table[:, 2:6].astype(np.float32),
            scores=table[:, 6].astype(np.float32),
            embedding=None if embedding is None else from_blob(embedding),
            samples=np.stack([from_blob(row[4]) for row in samples]) if samples else np.zeros((0, 0), np.float32),
            qualities=np.array([row[1] for row in samples], np.float32),
            sample_frames=np.array([row[0] for row in samples], np.int64),
            visible_parts=np.array([row[2:4] for row in samples], np.float32) if has_parts else None,
        )
