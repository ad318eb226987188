"""What our own networks share: frames of one input shape go through in one call, and the outputs are decoded."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tracker.detection.engine import Engine
from tracker.detection.layouts import Decoder
from tracker.detection.letterbox import letterbox
from tracker.detection.suppression import to_detections
from tracker.structures import Detections, Frame

Shape = tuple[int, int]


class BatchedNetwork:
    """An engine with its decoder: frames of any cameras and sizes in, detections in the order of the frames out.

    Args:
        engine: Runs the network.
        decoder: Reads its output.
        shape_for: The input (height, width) that a frame is scaled to.
        person_class: Index of the class person.
        min_score: Weaker candidates are dropped.
        max_iou: Of two boxes that overlap more, the weaker one is dropped.
    """

    def __init__(
        self,
        engine: Engine,
        decoder: Decoder,
        shape_for: Callable[[Frame], Shape],
        person_class: int,
        min_score: float,
        max_iou: float,
    ) -> None:
        self._engine, self._decoder, self._shape_for = engine, decoder, shape_for
        self._person_class, self._min_score, self._max_iou = person_class, min_score, max_iou

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """People in each frame, in order."""
        groups: dict[Shape, list[int]] = {}
        for index, frame in enumerate(frames):
            groups.setdefault(self._shape_for(frame), []).append(index)
        found: list[Detections] = [Detections.empty()] * len(frames)
        for shape, members in groups.items():
            for index, detections in zip(members, self._detect([frames[i] for i in members], shape), strict=True):
                found[index] = detections
        return found

    def _detect(self, frames: Sequence[Frame], shape: Shape) -> list[Detections]:
        """People in frames that share an input shape."""
        batch, scales = letterbox([frame.image for frame in frames], shape)
        found = []
        for frame, output, scale in zip(frames, self._engine.infer(batch), scales, strict=True):
            boxes, scores = self._decoder(output, shape, self._person_class, self._min_score)
            found.append(to_detections(boxes, scores, float(scale), frame.image.shape[:2], self._max_iou))
        return found
