"""Any YOLO weights through ultralytics: a network made here, and what is missing said in one line."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import numpy as np
import pytest

from crosscam.base.errors import InputError, WeightsError
from tracker.detection.ultralytics import UltralyticsDetector, UltralyticsOptions
from tracker.structures import Frame


def frames(count: int) -> list[Frame]:
    return [Frame(f"cam{n}", 0, 0.0, np.full((48, 64, 3), n, np.uint8)) for n in range(count)]


class Tensor:
    """As much of a torch tensor as the adapter uses."""

    def __init__(self, values: list) -> None:
        self._values = np.array(values, np.float64)

    def cpu(self) -> Tensor:
        return self

    def numpy(self) -> np.ndarray:
        return self._values


class FakeYolo:
    """Remembers what it was asked; finds one box in images that are not black."""

    def __init__(self, weights: str) -> None:
        if "broken" in weights:
            raise FileNotFoundError("no connection\nlong trace")
        self.asked: dict = {}

    def predict(self, images: list[np.ndarray], **options: object) -> list:
        self.asked = options
        results = []
        for image in images:
            boxes = types.SimpleNamespace(xyxy=Tensor([[1, 2, 3, 40]]), conf=Tensor([0.75]))
            boxes_class = type("Boxes", (), {"__len__": lambda self: 1, **vars(boxes)})
            results.append(types.SimpleNamespace(boxes=boxes_class() if image.any() else None))
        return results


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("ultralytics")
    module.YOLO = FakeYolo  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ultralytics", module)


@pytest.mark.usefixtures("fake")
def test_one_call_for_all_cameras_with_the_options() -> None:
    detector = UltralyticsDetector(UltralyticsOptions(weights="any.pt", min_score=0.2, input_size=320))
    first, second = detector.detect(frames(2))
    assert len(first) == 0
    assert second.boxes.tolist() == [[1, 2, 3, 40]]
    assert second.scores.dtype == np.float32
    asked = detector._model.asked
    assert (asked["conf"], asked["imgsz"], asked["classes"], asked["device"]) == (0.2, 320, [0], detector.device)
    assert detector.detect([]) == []


@pytest.mark.usefixtures("fake")
def test_weights_that_cannot_be_had_are_one_line() -> None:
    with pytest.raises(WeightsError, match=r"broken.*no connection.*internet") as caught:
        UltralyticsDetector(UltralyticsOptions(weights="broken.pt"))
    assert "\n" not in str(caught.value)


def test_the_package_is_named_when_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ultralytics", None)
    with pytest.raises(InputError, match=r"pip install 'crosscam\[yolo\]'"):
        UltralyticsDetector(UltralyticsOptions(weights="any.pt"))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_real_network_without_training_runs(tmp_path: Path) -> None:
    """YOLO11n from its description, random weights: boxes, if any, are within the frame."""
    ultralytics = pytest.importorskip("ultralytics")
    weights = tmp_path / "random.pt"
    ultralytics.YOLO("yolo11n.yaml").save(str(weights))
    detector = UltralyticsDetector(UltralyticsOptions(weights=str(weights), input_size=128, min_score=0.0))
    for found in detector.detect(frames(2)):
        assert ((found.boxes >= -1) & (found.boxes <= 65)).all()
