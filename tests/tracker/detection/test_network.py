"""The network: shapes, order of the cells, decoding by hand, fusing, and the exported layout."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tracker.detection.layouts import decode_yolox, grid_cells
from tracker.detection.network import (
    MAX_OFFSET,
    NetworkOptions,
    PersonNetwork,
    YoloxLayout,
    calibrate,
    cells,
    decode_boxes,
    fuse,
)

SMALL = NetworkOptions(widths=(8, 8, 16, 16), depths=(1, 1, 1, 1), neck=8, head=8)
SHAPE = (64, 96)


@pytest.fixture
def network() -> PersonNetwork:
    """A small network with statistics and weights away from their initial values."""
    torch.manual_seed(0)
    network = PersonNetwork(SMALL).train()
    for _ in range(3):
        network(torch.rand(2, 3, *SHAPE) * 255)
    for parameter in network.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    return network.eval()


def test_one_row_per_cell_of_three_grids(network: PersonNetwork) -> None:
    raw = network(torch.zeros(2, 3, *SHAPE))
    assert raw.shape == (2, 12 * 8 + 6 * 4 + 3 * 2, 5)


def test_the_shipped_size_is_about_a_million_parameters() -> None:
    count = sum(p.numel() for p in PersonNetwork().parameters())
    assert 0.8e6 < count < 1.8e6


def test_cells_are_in_the_order_of_other_yolox_networks() -> None:
    centres, strides = cells(*SHAPE)
    corners, their_strides = grid_cells(*SHAPE)
    np.testing.assert_allclose(centres.numpy(), (corners + 0.5) * their_strides)
    np.testing.assert_allclose(strides.numpy(), their_strides)


def test_distances_are_logarithms_in_cells() -> None:
    centres, strides = torch.tensor([[40.0, 24.0]]), torch.tensor([[16.0]])
    boxes = decode_boxes(torch.log(torch.tensor([[1.0, 0.5, 2.0, 1.0]])), centres, strides)
    torch.testing.assert_close(boxes, torch.tensor([[24.0, 16.0, 72.0, 40.0]]))


def test_a_person_moves_with_the_picture(network: PersonNetwork) -> None:
    """32 pixels to the right in the image is four, two and one cells to the right in the output."""
    torch.manual_seed(1)
    image = torch.full((1, 3, 128, 288), 114.0)
    image[..., 32:96, 96:128] = torch.rand(3, 64, 32) * 255
    first = network(image)[0, : 16 * 36, 4].reshape(16, 36)
    second = network(image.roll(32, dims=3))[0, : 16 * 36, 4].reshape(16, 36)
    torch.testing.assert_close(first[:, 12:20], second[:, 16:24], rtol=0.05, atol=0.02)


def test_fusing_does_not_change_the_output(network: PersonNetwork) -> None:
    images = torch.rand(2, 3, *SHAPE) * 255
    fused = fuse(network)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in fused.modules())
    torch.testing.assert_close(fused(images), network(images), rtol=1e-4, atol=1e-4)


def test_yolox_layout_decodes_to_the_same_boxes(network: PersonNetwork) -> None:
    images = torch.rand(1, 3, *SHAPE) * 255
    with torch.no_grad():
        expected = network.decode(network(images), *SHAPE)[0].numpy()
        output = YoloxLayout(network)(images)[0].numpy()
    assert np.abs(output[:, :2]).max() < MAX_OFFSET
    boxes, scores = decode_yolox(output, SHAPE, 0, 0.0)
    np.testing.assert_allclose(boxes, expected[:, :4], rtol=1e-3, atol=0.05)
    np.testing.assert_allclose(scores, expected[:, 4], rtol=1e-5)


def test_calibration_scales_and_shifts_the_logits(network: PersonNetwork) -> None:
    images = torch.rand(1, 3, *SHAPE) * 255
    with torch.no_grad():
        before, after = network(images), calibrate(network, 2.0, -0.5)(images)
    torch.testing.assert_close(after[..., 4], 2 * before[..., 4] - 0.5, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(after[..., :4], before[..., :4])
