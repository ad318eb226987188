"""Average precision of the network in training on held-out images."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from crosscam.base.precision import choose_precision
from tracker.detection.letterbox import letterbox
from tracker.detection.network import PersonNetwork
from tracker.detection.suppression import to_detections
from tracker.detector_training.packed_images import Sample
from tracker.evaluation.detection import DetectionScores, ImageBoxes, evaluate_detections

MIN_SCORE = 0.02
MAX_IOU = 0.65


def validate(network: PersonNetwork, samples: Sequence[Sample], size: int) -> DetectionScores:
    """Score the network on squares of `size` pixels, on the device that it is on."""
    return evaluate_detections(detect_samples(network, samples, size))


@torch.no_grad()
def detect_samples(network: PersonNetwork, samples: Sequence[Sample], size: int, batch: int = 16) -> list[ImageBoxes]:
    """Detected boxes beside the true ones."""
    device = next(network.parameters()).device
    results = []
    is_half = choose_precision("auto", device) is torch.bfloat16
    for start in range(0, len(samples), batch):
        part = samples[start : start + batch]
        images, scales = letterbox([s.image for s in part], (size, size))
        inputs = torch.from_numpy(images).permute(0, 3, 1, 2).float().to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=is_half):
            raw = network(inputs)
        decoded = network.decode(raw.float(), size, size).cpu().numpy()
        for sample, rows, scale in zip(part, decoded, scales, strict=True):
            rows = rows[rows[:, 4] >= MIN_SCORE]
            found = to_detections(rows[:, :4], rows[:, 4], float(scale), sample.image.shape[:2], MAX_IOU)
            results.append(ImageBoxes(found.boxes, found.scores, sample.people, sample.ignored))
    return results
