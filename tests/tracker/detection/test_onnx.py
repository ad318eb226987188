"""Output layouts against hand-worked values, and tiny ONNX networks through the real runtimes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crosscam.base.boxes import box_iou
from crosscam.base.errors import ConfigError, WeightsError
from tracker.detection import detector_section
from tracker.detection.layouts import (
    decode_end_to_end,
    decode_ssd,
    decode_yolov8,
    decode_yolox,
    find_decoder,
    grid_cells,
)
from tracker.detection.letterbox import input_shape, letterbox
from tracker.detection.onnx import OnnxDetector, OnnxOptions
from tracker.detection.suppression import to_detections
from tracker.structures import Frame

SHAPE = (64, 96)
CELLS = 12 * 8 + 6 * 4 + 3 * 2


def test_yolox_offsets_are_decoded_at_their_cell() -> None:
    output = np.zeros((CELLS, 7), np.float32)
    output[12 * 8 + 6 + 2] = [0.5, 0.25, np.log(2), np.log(3), 0.8, 0.1, 0.5]  # stride 16, row 1, column 2
    boxes, scores = decode_yolox(output, SHAPE, 1, 0.3)
    np.testing.assert_allclose(boxes, [[40 - 16, 20 - 24, 40 + 16, 20 + 24]], rtol=1e-5)
    np.testing.assert_allclose(scores, [0.4])


def test_yolox_exports_that_decode_by_themselves_are_noticed() -> None:
    output = np.zeros((CELLS, 6), np.float32)
    output[:, 0] = 50
    output[5] = [50, 30, 20, 10, 1, 0.9]
    boxes, _ = decode_yolox(output, SHAPE, 0, 0.3)
    np.testing.assert_allclose(boxes, [[40, 25, 60, 35]])


def test_yolov8_columns_are_cells() -> None:
    output = np.zeros((6, CELLS), np.float32)
    output[:, 7] = [50, 30, 20, 10, 0.1, 0.7]
    boxes, scores = decode_yolov8(output, SHAPE, 1, 0.3)
    np.testing.assert_allclose(boxes, [[40, 25, 60, 35]])
    np.testing.assert_allclose(scores, [0.7])


def test_end_to_end_rows_have_a_class() -> None:
    output = np.array([[1, 2, 3, 4, 0.9, 0], [1, 2, 3, 4, 0.9, 1], [1, 2, 3, 4, 0.1, 0]], np.float32)
    boxes, scores = decode_end_to_end(output, SHAPE, 0, 0.3)
    assert boxes.tolist() == [[1, 2, 3, 4]]
    assert scores.tolist() == pytest.approx([0.9])


def test_ssd_corners_are_shares_of_the_input() -> None:
    rows = np.array([[[0, 1, 0.9, 0.25, 0.5, 0.5, 1.0], [-1, 0, 0, 0, 0, 0, 0]]], np.float32)
    boxes, _ = decode_ssd(rows, SHAPE, 0, 0.3)
    np.testing.assert_allclose(boxes, [[24, 32, 48, 64]])


def test_layouts_are_told_apart_by_shape() -> None:
    assert find_decoder((CELLS, 85), SHAPE) is decode_yolox
    assert find_decoder((84, CELLS), SHAPE) is decode_yolov8
    assert find_decoder((300, 6), SHAPE) is decode_end_to_end
    assert find_decoder((1, 200, 7), SHAPE) is decode_ssd
    assert find_decoder((1000,), SHAPE) is None


def test_grid_has_one_cell_per_position() -> None:
    cells, strides = grid_cells(*SHAPE)
    assert len(cells) == len(strides) == CELLS
    assert len(np.unique(np.concatenate([cells * strides, strides], axis=1), axis=0)) == CELLS


@pytest.mark.parametrize(
    ("size", "expected"), [((240, 320), (320, 416)), ((540, 960), (256, 416)), ((320, 240), (416, 320))]
)
def test_the_input_fits_the_frame(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert input_shape(*size, 416) == expected


def test_letterbox_keeps_aspect_and_tells_the_scale() -> None:
    images = [np.full((100, 50, 3), 200, np.uint8), np.full((32, 96, 3), 10, np.uint8)]
    batch, scales = letterbox(images, SHAPE)
    np.testing.assert_allclose(scales, [0.64, 1.0])
    assert (batch[0, :64, :32] == 200).all()
    assert (batch[0, :, 33:] == 114).all()
    assert (batch[1, :32] == 10).all()
    assert (batch[1, 33:] == 114).all()


def test_suppression_keeps_the_best_of_those_that_overlap() -> None:
    random = np.random.default_rng(0)
    corners = random.uniform(0, 80, (60, 2))
    boxes = np.concatenate([corners, corners + random.uniform(5, 40, (60, 2))], axis=1).astype(np.float32)
    scores = random.uniform(0.1, 1, 60).astype(np.float32)
    kept = to_detections(boxes, scores, 1.0, (200, 200), 0.5)
    expected: list[int] = []
    for i in np.argsort(-scores):  # greedy, one by one
        if all(box_iou(boxes[i : i + 1], boxes[j : j + 1])[0, 0] <= 0.5 for j in expected):
            expected.append(int(i))
    np.testing.assert_allclose(kept.scores, scores[expected])
    np.testing.assert_allclose(kept.boxes, boxes[expected], rtol=1e-5)


def test_boxes_return_to_the_frame_and_end_at_its_borders() -> None:
    found = to_detections(np.array([[-10, 10, 30, 60]]), np.array([0.9]), 0.5, (100, 200), 0.65)
    np.testing.assert_allclose(found.boxes, [[0, 20, 60, 100]])


def save_network(path: Path, baked_batch: bool) -> Path:
    """A YOLOX-like network: mean colour of each cell of three levels as centre offset, constant size and score."""
    onnx = pytest.importorskip("onnx")
    helper, types = onnx.helper, onnx.TensorProto
    nodes, initializers, flat = [], [], []
    target = np.array([1 if baked_batch else 0, 6, -1], np.int64)
    initializers.append(onnx.numpy_helper.from_array(target, "target"))
    weight = np.zeros((6, 3, 1, 1), np.float32)
    weight[4:, 0] = 1 / 255  # objectness and class: the blue channel
    initializers.append(onnx.numpy_helper.from_array(weight, "weight"))
    for stride in (8, 16, 32):
        nodes.append(
            helper.make_node(
                "AveragePool", ["image"], [f"pool{stride}"], kernel_shape=[stride] * 2, strides=[stride] * 2
            )
        )
        nodes.append(helper.make_node("Conv", [f"pool{stride}", "weight"], [f"head{stride}"]))
        nodes.append(helper.make_node("Reshape", [f"head{stride}", "target"], [f"flat{stride}"]))
        flat.append(f"flat{stride}")
    nodes.append(helper.make_node("Concat", flat, ["joined"], axis=2))
    nodes.append(helper.make_node("Transpose", ["joined"], ["output"], perm=[0, 2, 1]))
    shape = [1 if baked_batch else "n", 3, 64, 64]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", types.FLOAT, shape)],
        [helper.make_tensor_value_info("output", types.FLOAT, [shape[0], 84, 6])],
        initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.save(model, str(path))
    return path


def bright_cell(row: int, column: int, index: int = 0, size: tuple[int, int] = (64, 64)) -> Frame:
    """A black frame with one bright 32x32 square."""
    image = np.zeros((*size, 3), np.uint8)
    image[32 * row : 32 * row + 32, 32 * column : 32 * column + 32] = 255
    return Frame(f"cam{index}", 0, 0.0, image)


@pytest.mark.parametrize("runtime", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("baked_batch", [True, False])
def test_a_batch_gives_what_single_frames_give(tmp_path: Path, runtime: str, baked_batch: bool) -> None:
    pytest.importorskip(runtime)
    weights = save_network(tmp_path / "tiny.onnx", baked_batch)
    detector = OnnxDetector(OnnxOptions(weights=str(weights), runtime=runtime, min_score=0.9, max_iou=0.99))
    frames = [bright_cell(0, 0, 0), bright_cell(1, 1, 1), bright_cell(0, 1, 2)]
    together = detector.detect(frames)
    alone = [detector.detect([f])[0] for f in frames]
    for a, b in zip(together, alone, strict=True):
        np.testing.assert_allclose(a.boxes, b.boxes, atol=1e-4)
    assert [len(d) for d in together] == [21, 21, 21]  # 16 + 4 + 1 cells lie in the bright square
    assert together[1].boxes.min() >= 16


def test_frames_of_several_sizes_share_a_detector(tmp_path: Path) -> None:
    weights = save_network(tmp_path / "tiny.onnx", True)
    detector = OnnxDetector(OnnxOptions(weights=str(weights), min_score=0.9))
    found = detector.detect([bright_cell(0, 0), bright_cell(0, 2, 1, (32, 128)), bright_cell(1, 1, 2)])
    assert [len(d) > 0 for d in found] == [True, True, True]
    assert detector.detect([]) == []


@pytest.mark.parametrize("content", [b"", b"not a network"])
def test_unreadable_weights_are_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "bad.onnx"
    file.write_bytes(content)
    with pytest.raises(WeightsError, match=r"bad\.onnx") as error:
        OnnxDetector(OnnxOptions(weights=str(file)))
    assert "\n" not in str(error.value)


def test_missing_weights_and_unknown_names() -> None:
    with pytest.raises(WeightsError, match=r"none\.onnx not found"):
        OnnxDetector(OnnxOptions(weights="none.onnx"))
    with pytest.raises(ConfigError, match="unknown detector 'hog'; available: builtin"):
        detector_section("hog")


def test_weights_choose_their_detector() -> None:
    assert detector_section("a/b.onnx") == {"name": "onnx", "weights": "a/b.onnx"}
    assert detector_section("yolo11n")["name"] == "ultralytics"
    assert detector_section("best.pt") == {"name": "ultralytics", "weights": "best.pt"}
    assert detector_section("builtin") == {"name": "builtin"}


@pytest.mark.shared_data
def test_yolox_nano_finds_the_pedestrians_of_a_real_street(shared: Path) -> None:
    import cv2

    from tracker.formats.mot import read_mot

    folder = shared / "data" / "mot" / "TUD-Campus"
    image = cv2.imread(str(folder / "img1" / "000001.jpg"))
    detector = OnnxDetector(OnnxOptions(weights=str(shared / "weights" / "yolox_nano.onnx"), min_score=0.3))
    found = detector.detect([Frame("a", 0, 0.0, image), Frame("b", 0, 0.0, image[:, ::-1].copy())])
    truth = read_mot(folder / "gt" / "gt.txt")
    boxes = truth.boxes[truth.frames == 0]
    assert (box_iou(boxes, found[0].boxes).max(axis=1) > 0.5).mean() >= 0.5
    assert abs(len(found[0]) - len(found[1])) <= 2
