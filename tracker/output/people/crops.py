"""The best crops of every person, kept as JPEG while the videos are read.

    crops = BestCrops(per_track=8)
    crops.add(frame, tracks.track_ids, tracks.boxes, qualities)      # every frame
    crops.for_tracklet(tracklet)                                     # afterwards: list[Crop], by time

Crops are found again by frame and place, not by track number, so that it works for tracklets that were split, merged
or smoothed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from crosscam.base.boxes import box_iou, crop_boxes
from crosscam.base.files import jpeg_bytes
from tracker.structures import FloatArray, Frame, IntArray, Tracklet

SLOT_S = 0.5
"""First length of a time slot, in seconds; it doubles whenever a track fills more than `per_track` of them."""
STALE_S = 2.0
"""A track not seen for so long has its waiting crop encoded."""
MAX_HEIGHT_PX = 256
"""Taller crops are made smaller: what ReID models take, and enough to recognize somebody."""
MIN_IOU = 0.5


@dataclass(frozen=True, eq=False)
class Crop:
    """One picture of one person.

    Attributes:
        camera_id: The camera's name.
        frame_index: From 0.
        time_s: Seconds on the shared clock.
        box: float32 (4,), (x1, y1, x2, y2) in the frame.
        quality: In [0, 1].
        jpeg: The picture as a JPEG file.
    """

    camera_id: str
    frame_index: int
    time_s: float
    box: FloatArray
    quality: float
    jpeg: bytes

    def image(self) -> NDArray[np.uint8]:
        """The picture, uint8 (h, w, 3) BGR."""
        return cv2.imdecode(np.frombuffer(self.jpeg, np.uint8), cv2.IMREAD_COLOR)  # type: ignore[return-value]


@dataclass(eq=False)
class _Waiting:
    """The best crop of a track's present slot, not yet encoded."""

    slot: int
    frame_index: int
    time_s: float
    box: FloatArray
    quality: float
    image: NDArray[np.uint8]


@dataclass(eq=False)
class _Track:
    """The crops of one track: at most one per time slot."""

    start_s: float
    slot_s: float = SLOT_S
    waiting: _Waiting | None = None
    seen_s: float = 0.0
    kept: dict[int, Crop] = field(default_factory=dict)

    def slot(self, time_s: float) -> int:
        return int((time_s - self.start_s) / self.slot_s)


class BestCrops:
    """Keeps for each track the best crop of each time slot, in bounded memory.

    A slot's best crop is held as pixels and encoded once, when the slot is over: about one JPEG per track and half
    second at first, and ever fewer as a track grows old.

    Args:
        per_track: Crops kept of one track, spread over its time.
    """

    def __init__(self, per_track: int = 8) -> None:
        self._per_track = per_track
        self._tracks: dict[tuple[str, int], _Track] = {}
        self._open: dict[str, set[int]] = {}
        self._swept_s: dict[str, float] = {}
        self._index: dict[str, tuple[IntArray, list[Crop]]] | None = None

    def add(self, frame: Frame, track_ids: IntArray, boxes: FloatArray, qualities: NDArray) -> None:
        """Consider the crops of one frame.

        Args:
            frame: Where they are seen.
            track_ids: int64 (M,), unique within the camera.
            boxes: (M, 4).
            qualities: (M,), in [0, 1]; 0 leaves a crop out.
        """
        self._index = None
        for track_id, box, quality in zip(track_ids.tolist(), boxes, qualities.tolist(), strict=True):
            if quality > 0:
                self._consider(frame, track_id, box, quality)
        self._sweep(frame.camera_id, frame.time_s)

    def for_tracklet(self, tracklet: Tracklet) -> list[Crop]:
        """The crops that show this tracklet's person, by time."""
        frames, crops = self._indexed().get(tracklet.camera_id, (np.zeros(0, np.int64), []))
        rows = np.searchsorted(tracklet.frame_indices, frames)
        rows[rows == len(tracklet)] = 0
        chosen = np.flatnonzero(tracklet.frame_indices[rows] == frames)
        if not len(chosen):
            return []
        seen = np.stack([crops[i].box for i in chosen])
        overlap = [box_iou(a[None], b[None])[0, 0] for a, b in zip(seen, tracklet.boxes[rows[chosen]], strict=True)]
        return [crops[i] for i, iou in zip(chosen, overlap, strict=True) if iou >= MIN_IOU]

    def of_track(self, camera_id: str, track_id: int) -> list[Crop]:
        """The crops kept so far of one track as it was tracked, by time."""
        track = self._tracks.get((camera_id, track_id))
        if track is None:
            return []
        self._keep(camera_id, track)
        return [track.kept[slot] for slot in sorted(track.kept)]

    def __len__(self) -> int:
        return sum(len(track.kept) + (track.waiting is not None) for track in self._tracks.values())

    def _consider(self, frame: Frame, track_id: int, box: FloatArray, quality: float) -> None:
        track = self._tracks.setdefault((frame.camera_id, track_id), _Track(frame.time_s))
        track.seen_s = frame.time_s
        slot = track.slot(frame.time_s)
        waiting = track.waiting
        if waiting is not None and waiting.slot == slot and quality <= waiting.quality:
            return
        if waiting is not None and waiting.slot != slot:
            self._keep(frame.camera_id, track)
            slot = track.slot(frame.time_s)  # slots may have grown
        kept = track.kept.get(slot)
        if kept is not None and quality <= kept.quality:
            return
        image = crop_boxes(frame.image, box[None])[0].copy()
        track.waiting = _Waiting(slot, frame.index, frame.time_s, np.array(box, np.float32), quality, image)
        self._open.setdefault(frame.camera_id, set()).add(track_id)

    def _keep(self, camera_id: str, track: _Track) -> None:
        """Encode the waiting crop; double the slots while there are too many."""
        waiting, track.waiting = track.waiting, None
        if waiting is None:
            return
        crop = Crop(
            camera_id, waiting.frame_index, waiting.time_s, waiting.box, waiting.quality, encode_jpeg(waiting.image)
        )
        track.kept[waiting.slot] = crop
        while len(track.kept) > self._per_track:
            track.slot_s *= 2
            track.kept = _best_by_slot(list(track.kept.values()), track)

    def _sweep(self, camera_id: str, time_s: float) -> None:
        """Encode what waits of tracks that are gone."""
        if time_s - self._swept_s.get(camera_id, -STALE_S) < STALE_S:
            return
        self._swept_s[camera_id] = time_s
        for track_id in list(self._open.get(camera_id, ())):
            track = self._tracks[camera_id, track_id]
            if track.seen_s < time_s - STALE_S:
                self._keep(camera_id, track)
                self._open[camera_id].discard(track_id)

    def _indexed(self) -> dict[str, tuple[IntArray, list[Crop]]]:
        """Per camera: frame indices in order, and the crop of each."""
        if self._index is None:
            by_camera: dict[str, list[Crop]] = {}
            for (camera_id, _), track in self._tracks.items():
                self._keep(camera_id, track)
                by_camera.setdefault(camera_id, []).extend(track.kept.values())
            self._open.clear()
            for crops in by_camera.values():
                crops.sort(key=lambda crop: crop.frame_index)
            self._index = {
                camera: (np.array([crop.frame_index for crop in crops], np.int64), crops)
                for camera, crops in by_camera.items()
            }
        return self._index


def encode_jpeg(image: NDArray[np.uint8]) -> bytes:
    """An image, uint8 (h, w, 3) BGR, as a JPEG file, made smaller where it is taller than `MAX_HEIGHT_PX`."""
    height, width = image.shape[:2]
    if height > MAX_HEIGHT_PX:
        size = (max(1, round(width * MAX_HEIGHT_PX / height)), MAX_HEIGHT_PX)
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return jpeg_bytes(image)


def spread(crops: Sequence[Crop], count: int) -> list[Crop]:
    """At most `count` of the crops, by time: the best of each of `count` equal parts of their order."""
    parts = np.array_split(np.arange(len(crops)), min(count, len(crops)) or 1)
    return [max((crops[i] for i in part), key=lambda crop: crop.quality) for part in parts if len(part)]


def _best_by_slot(crops: list[Crop], track: _Track) -> dict[int, Crop]:
    best: dict[int, Crop] = {}
    for crop in crops:
        slot = track.slot(crop.time_s)
        if slot not in best or crop.quality > best[slot].quality:
            best[slot] = crop
    return best
