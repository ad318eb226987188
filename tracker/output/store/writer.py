"""Writing `tracking.sqlite`: everything that was tracked, for look-ups, search, and the next stage.

write_store(path, result, crops, meta={"reid_model": embedder.name})      # whole or not at all

with StoreWriter(path) as store:             # or little by little, readable meanwhile and after a crash
    store.add_camera(info)
    store.add_tracklets(tracklets, crops)    # each call is one transaction; tracklets may go on in a later one
    store.assign({("cam1", 3): (7, 0.9)})
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from crosscam.base.errors import InputError
from crosscam.base.files import written_whole
from tracker.output.documents.identities_json import confidences
from tracker.output.people.crops import BestCrops, Crop
from tracker.output.store.records import GroundPosition, to_blob
from tracker.output.store.schema import SCHEMA_VERSION, TABLES
from tracker.structures import CameraInfo, TrackingResult, TrackKey, Tracklet

CropsOf = Callable[[Tracklet], Sequence[Crop]]

LOGS = ("-wal", "-shm")
"""What SQLite keeps beside a file that is written while others read it."""


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
            self.path.unlink(missing_ok=True)
            _remove_logs(self.path)
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL, 0o600))  # crops and embeddings are for the owner alone
            self._db = sqlite3.connect(self.path, check_same_thread=False)
        except (sqlite3.Error, OSError) as error:
            raise InputError(f"cannot write {path}: {error}") from error
        try:
            self._db.execute(f"PRAGMA journal_mode = {'WAL' if is_shared else 'OFF'}")
            self._db.execute(f"PRAGMA synchronous = {'NORMAL' if is_shared else 'OFF'}")
            self._db.executescript(TABLES)
            self.set_meta({"schema": str(SCHEMA_VERSION)})
        except sqlite3.Error as error:
            self._db.close()
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

    def add_tracklets(self, tracklets: Iterable[Tracklet], crops: CropsOf) -> None:
        """Add tracklets of known cameras with their best crops.

        Args:
            tracklets: One that is there already brings its later boxes only, and all its samples.
            crops: Gives the best crops of a tracklet; they replace earlier ones.
        """
        cameras = self._camera_numbers()
        with self._db:
            for tracklet in tracklets:
                tracklet_id = self._add_tracklet(tracklet, cameras[tracklet.camera_id])
                self._add_boxes(tracklet_id, tracklet)
                self._set_samples(tracklet_id, tracklet)
                self._set_crops(tracklet_id, crops(tracklet))

    def assign(self, owners: Mapping[TrackKey, tuple[int, float]]) -> None:
        """Say whose the tracklets are, by camera name and track: identity and confidence; the others stay as they are.

        Identities that have no tracklet any more go.
        """
        cameras = self._camera_numbers()
        rows = [(tracklet_id, sure, cameras[camera], track) for (camera, track), (tracklet_id, sure) in owners.items()]
        with self._db:
            self._db.executemany("INSERT OR IGNORE INTO identities VALUES (?)", [row[:1] for row in rows])
            self._db.executemany(
                "UPDATE tracklets SET identity_id = ?, confidence = ? WHERE camera_id = ? AND track_id = ?", rows
            )
            self._db.execute(
                "DELETE FROM identities WHERE NOT EXISTS "
                "(SELECT 1 FROM tracklets WHERE tracklets.identity_id = identities.identity_id)"
            )

    def add_ground_positions(self, positions: Iterable[GroundPosition]) -> None:
        """Add positions on the ground plane, fused over the cameras."""
        rows = ((p.identity_id, p.time_s, p.x_m, p.y_m, json.dumps(p.cameras)) for p in positions)
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO ground_positions VALUES (?, ?, ?, ?, ?)", rows)

    def _camera_numbers(self) -> dict[str, int]:
        return dict(self._db.execute("SELECT name, camera_id FROM cameras"))

    def _add_tracklet(self, tracklet: Tracklet, camera: int) -> int:
        """The tracklet_id of a tracklet, which is new or continued."""
        track, frames = int(tracklet.track_id), tracklet.frame_indices
        embedding = None if tracklet.embedding is None else to_blob(tracklet.embedding)
        self._db.execute(
            "INSERT INTO tracklets (camera_id, track_id, first_frame, last_frame, start_s, end_s, embedding) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (camera_id, track_id) DO UPDATE SET "
            "last_frame = excluded.last_frame, end_s = excluded.end_s, embedding = excluded.embedding",
            (camera, track, int(frames[0]), int(frames[-1]), tracklet.start_s, tracklet.end_s, embedding),
        )
        found = self._db.execute(
            "SELECT tracklet_id FROM tracklets WHERE camera_id = ? AND track_id = ?", (camera, track)
        )
        return int(found.fetchone()[0])

    def _add_boxes(self, tracklet_id: int, tracklet: Tracklet) -> None:
        columns = (*tracklet.boxes.T.tolist(), tracklet.scores.tolist())
        self._db.executemany(
            f"INSERT INTO boxes VALUES ({tracklet_id}, ?, ?, ?, ?, ?, ?, ?)",
            zip(tracklet.frame_indices.tolist(), tracklet.times_s.tolist(), *columns, strict=True),
        )

    def _set_samples(self, tracklet_id: int, tracklet: Tracklet) -> None:
        count = len(tracklet.samples)
        parts = [(None, None)] * count if tracklet.visible_parts is None else tracklet.visible_parts.tolist()
        frames, qualities = tracklet.sample_frames.tolist(), tracklet.qualities.tolist()
        rows = [(i, frames[i], qualities[i], *parts[i], to_blob(tracklet.samples[i])) for i in range(count)]
        self._db.execute("DELETE FROM samples WHERE tracklet_id = ?", (tracklet_id,))
        self._db.executemany(f"INSERT INTO samples VALUES ({tracklet_id}, ?, ?, ?, ?, ?, ?)", rows)

    def _set_crops(self, tracklet_id: int, crops: Sequence[Crop]) -> None:
        """Make these the crops; those that are there already are not written again."""
        stored = {row[0] for row in self._db.execute("SELECT frame FROM crops WHERE tracklet_id = ?", (tracklet_id,))}
        gone = stored - {crop.frame_index for crop in crops}
        new = [crop for crop in crops if crop.frame_index not in stored]
        self._db.executemany(
            f"DELETE FROM crops WHERE tracklet_id = {tracklet_id} AND frame = ?", [(frame,) for frame in gone]
        )
        self._db.executemany(
            "INSERT INTO crops (tracklet_id, frame, time_s, x1, y1, x2, y2, quality, jpeg) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(tracklet_id, c.frame_index, c.time_s, *c.box.tolist(), c.quality, c.jpeg) for c in new],
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
    with written_whole(path, is_private=True) as part:
        crops_of: CropsOf = crops.for_tracklet if crops is not None else lambda _: ()
        try:
            with StoreWriter(part, is_shared=False) as store:
                store.set_meta(meta or {})
                for camera in result.cameras:
                    store.add_camera(camera)
                store.add_tracklets((t for _, t in result.tracklets()), crops_of)
                store.assign(
                    {
                        (tracklet.camera_id, int(tracklet.track_id)): (identity.identity_id, sure)
                        for identity in result.identities
                        for tracklet, sure in zip(identity.tracklets, confidences(identity), strict=True)
                    }
                )
                store.add_ground_positions(ground)
        except sqlite3.Error as error:
            raise InputError(f"cannot write {path}: {error}") from error
        _remove_logs(path)  # of a store that grew under this name: SQLite would take them for those of the new file


def _remove_logs(path: Path) -> None:
    for suffix in LOGS:
        path.with_name(path.name + suffix).unlink(missing_ok=True)
