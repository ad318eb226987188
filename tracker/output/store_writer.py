"""Writing `tracking.sqlite`: everything that was tracked, for look-ups, search, and the next stage.

write_store(path, result, crops, meta={"reid_model": embedder.name})      # whole or not at all

with StoreWriter(path) as store:             # or little by little, readable meanwhile and after a crash
    store.add_camera(info)
    store.add_tracklets(tracklets, crops)    # each call is one transaction
    store.assign(identities)
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from tracker.errors import InputError
from tracker.output.crops import BestCrops, Crop
from tracker.output.files import written_whole
from tracker.output.identities_json import confidences
from tracker.output.store_records import GroundPosition, to_blob
from tracker.output.store_schema import SCHEMA_VERSION, TABLES
from tracker.structures import CameraInfo, Identity, TrackingResult, Tracklet


class StoreWriter:
    """A new, empty `tracking.sqlite` in place of any old one.

    Args:
        path: Of the file.
        is_shared: Others read while it grows (write-ahead log); otherwise it is quicker, for a temporary name.

    Raises:
        InputError: The file cannot be created.
    """

    def __init__(self, path: str | Path, is_shared: bool = True) -> None:
        self.path = Path(path)
        try:
            for suffix in ("", "-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
            self._db = sqlite3.connect(self.path, check_same_thread=False)
            self._db.execute(f"PRAGMA journal_mode = {'WAL' if is_shared else 'OFF'}")
            self._db.execute(f"PRAGMA synchronous = {'NORMAL' if is_shared else 'OFF'}")
            self._db.executescript(TABLES)
            self.set_meta({"schema": str(SCHEMA_VERSION)})
        except (sqlite3.Error, OSError) as error:
            raise InputError(f"cannot write {path}: {error}") from error

    def close(self) -> None:
        """Close the file; what was added is in it."""
        self._db.close()

    def __enter__(self) -> StoreWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def set_meta(self, values: Mapping[str, str]) -> None:
        """Set key-value pairs, such as the name of the ReID model that made the embeddings."""
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())

    def add_camera(self, info: CameraInfo) -> None:
        """Add a camera, or update it by name."""
        values = (info.name, info.source, info.fps, info.frames, info.width, info.height)
        with self._db:
            self._db.execute(
                "INSERT INTO cameras (name, source, fps, frames, width, height) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (name) DO UPDATE SET source = excluded.source, fps = excluded.fps, "
                "frames = excluded.frames, width = excluded.width, height = excluded.height",
                values,
            )

    def add_tracklets(self, tracklets: Iterable[Tracklet], crops: BestCrops | None = None) -> None:
        """Add tracklets of known cameras, not yet assigned to identities, with their best crops."""
        cameras = self._camera_numbers()
        with self._db:
            for tracklet in tracklets:
                number = self._add_tracklet(tracklet, cameras[tracklet.camera_id])
                self._add_crops(number, crops.for_tracklet(tracklet) if crops is not None else [])

    def assign(self, identities: Sequence[Identity]) -> None:
        """Say whose the tracklets are; replaces every earlier assignment."""
        cameras = self._camera_numbers()
        rows = [
            (identity.identity_id, sure, cameras[tracklet.camera_id], int(tracklet.track_id))
            for identity in identities
            for tracklet, sure in zip(identity.tracklets, confidences(identity), strict=True)
        ]
        with self._db:
            self._db.execute("UPDATE tracklets SET identity_id = NULL, confidence = NULL")
            self._db.execute("DELETE FROM ground_positions")
            self._db.execute("DELETE FROM identities")
            self._db.executemany("INSERT INTO identities VALUES (?)", [(i.identity_id,) for i in identities])
            self._db.executemany(
                "UPDATE tracklets SET identity_id = ?, confidence = ? WHERE camera_id = ? AND track_id = ?", rows
            )

    def add_ground_positions(self, positions: Iterable[GroundPosition]) -> None:
        """Add positions on the ground plane, fused over the cameras."""
        rows = ((p.identity_id, p.time_s, p.x_m, p.y_m, json.dumps(p.cameras)) for p in positions)
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO ground_positions VALUES (?, ?, ?, ?, ?)", rows)

    def _camera_numbers(self) -> dict[str, int]:
        return dict(self._db.execute("SELECT name, camera_id FROM cameras"))

    def _add_tracklet(self, tracklet: Tracklet, camera: int) -> int:
        frames = tracklet.frame_indices
        cursor = self._db.execute(
            "INSERT INTO tracklets (camera_id, track_id, first_frame, last_frame, start_s, end_s, embedding) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                camera,
                int(tracklet.track_id),
                int(frames[0]),
                int(frames[-1]),
                tracklet.start_s,
                tracklet.end_s,
                None if tracklet.embedding is None else to_blob(tracklet.embedding),
            ),
        )
        number = int(cursor.lastrowid or 0)
        columns = (*tracklet.boxes.T.tolist(), tracklet.scores.tolist())
        self._db.executemany(
            f"INSERT INTO boxes VALUES ({number}, ?, ?, ?, ?, ?, ?, ?)",
            zip(frames.tolist(), tracklet.times_s.tolist(), *columns, strict=True),
        )
        self._add_samples(number, tracklet)
        return number

    def _add_samples(self, number: int, tracklet: Tracklet) -> None:
        count = len(tracklet.samples)
        parts = [(None, None)] * count if tracklet.visible_parts is None else tracklet.visible_parts.tolist()
        self._db.executemany(
            f"INSERT INTO samples VALUES ({number}, ?, ?, ?, ?, ?, ?)",
            [
                (
                    i,
                    int(tracklet.sample_frames[i]),
                    float(tracklet.qualities[i]),
                    *parts[i],
                    to_blob(tracklet.samples[i]),
                )
                for i in range(count)
            ],
        )

    def _add_crops(self, number: int, crops: Sequence[Crop]) -> None:
        self._db.executemany(
            "INSERT INTO crops (tracklet_id, frame, time_s, x1, y1, x2, y2, quality, jpeg) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(number, c.frame_index, c.time_s, *c.box.tolist(), c.quality, c.jpeg) for c in crops],
        )


def write_store(
    path: Path,
    result: TrackingResult,
    crops: BestCrops | None = None,
    meta: Mapping[str, str] | None = None,
    ground: Iterable[GroundPosition] = (),
) -> None:
    """Write a finished result; the file appears when it is whole.

    Raises:
        InputError: The file cannot be written.
    """
    with written_whole(path) as part:
        try:
            with StoreWriter(part, is_shared=False) as store:
                store.set_meta(meta or {})
                for camera in result.cameras:
                    store.add_camera(camera)
                store.add_tracklets((tracklet for _, tracklet in result.tracklets()), crops)
                store.assign(result.identities)
                store.add_ground_positions(ground)
        except sqlite3.Error as error:
            raise InputError(f"cannot write {path}: {error}") from error
