"""The pyramid head: geometry, pooling, and the equality of the batched branches with separate layers."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from reid.models import build_model
from reid.models.pyramid import PyramidHead, pyramid_windows


def test_geometry_of_the_paper() -> None:
    windows = pyramid_windows(6, [1] * 6)
    assert len(windows) == 21
    assert windows[:7] == [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6), (0, 2)]
    assert windows[-1] == (0, 6)


def test_level_mask_compacts_the_branches() -> None:
    head = PyramidHead(8, 6, [1, 0, 0, 0, 0, 1], 128)
    assert (len(head.windows), head.dimension) == (7, 896)
    assert pyramid_windows(6, [0, 0, 0, 0, 0, 1]) == [(0, 6)]


@pytest.mark.parametrize("levels", [[1, 1], [0, 0, 0], [2, 0, 0]])
def test_wrong_levels_are_refused(levels: list[int]) -> None:
    with pytest.raises(ValueError, match="3 flags"):
        pyramid_windows(3, levels)


def test_resnet_input_of_the_paper_gives_2688_dimensions() -> None:
    model = build_model("pyramid", {"trunk": "resnet", "trunk_options": {"depth": 18}, "parts": 6, "width": 128}).eval()
    with torch.no_grad():
        assert model.trunk(torch.zeros(1, 3, 384, 128)).shape == (1, 512, 24, 8)
        assert model(torch.zeros(1, 3, 384, 128)).shape == (1, 2688)


def test_pooling_is_average_plus_maximum_of_the_rows() -> None:
    head = PyramidHead(5, 4, None, 3)
    feature_map = torch.randn(2, 5, 8, 4)
    pooled = head.pool(feature_map)
    for branch, (first, last) in enumerate(head.windows):
        slab = feature_map[:, :, 2 * first : 2 * last]
        torch.testing.assert_close(pooled[branch], slab.mean((2, 3)) + slab.amax((2, 3)))


def test_rows_that_the_parts_do_not_divide_are_refused() -> None:
    with pytest.raises(ValueError, match="8 rows, which 6 parts"):
        PyramidHead(5, 6).pool(torch.zeros(1, 5, 8, 4))


def separate_branch(head: PyramidHead, branch: int) -> nn.Sequential:
    """Branch `branch` as the paper draws it: 1x1 convolution, batch norm, ReLU."""
    own = slice(branch * head.width, (branch + 1) * head.width)
    conv, norm = nn.Conv2d(head.weight.shape[1], head.width, 1), nn.BatchNorm2d(head.width)
    conv.weight.data = head.weight[branch].T[:, :, None, None].clone()
    conv.bias.data = head.bias[branch, 0].clone()
    for name in ("weight", "bias", "running_mean", "running_var"):
        getattr(norm, name).data = getattr(head.norm, name)[own].clone()
    return nn.Sequential(conv, norm, nn.ReLU())


@pytest.mark.parametrize("training", [True, False])
def test_batched_branches_equal_separate_unshared_ones(training: bool) -> None:
    torch.manual_seed(0)
    head = PyramidHead(7, 3, None, 4, classes=5, neck="paper").train(training)
    head.norm.weight.data.uniform_(0.5, 2.0)
    head.norm.bias.data.uniform_(-1.0, 1.0)
    branches = [separate_branch(head, branch).train(training) for branch in range(6)]
    feature_map = torch.randn(6, 7, 3, 2)
    found = head.features(feature_map).unflatten(1, (6, 4))
    for branch, layers in enumerate(branches):
        expected = layers(head.pool(feature_map)[branch][:, :, None, None])[:, :, 0, 0]
        torch.testing.assert_close(found[:, branch], expected, atol=1e-5, rtol=1e-5)


def test_paper_neck_has_bias_dropout_and_raw_features() -> None:
    head = PyramidHead(7, 2, None, 4, classes=5, neck="paper").eval()
    assert (head.dropout.p, head.classifier_bias.shape) == (0.2, (3, 1, 5))
    output = head(torch.randn(4, 7, 4, 2))
    assert (output.features.shape, output.logits.shape) == ((4, 3, 4), (4, 3, 5))
    assert (output.features >= 0).all()
    torch.testing.assert_close(output.logits[:, 1], output.features[:, 1] @ head.classifier[1])


def test_bnneck_classifies_behind_the_norm_and_compares_before_it() -> None:
    head = PyramidHead(7, 2, None, 4, classes=5).eval()
    head.neck_norm.running_mean.fill_(0.5)
    feature_map = torch.randn(4, 7, 4, 2)
    output = head(feature_map)
    necked = head.neck_norm(output.features.flatten(1)).unflatten(1, (3, 4))
    torch.testing.assert_close(output.logits[:, 2], necked[:, 2] @ head.classifier[2])
    assert not head.neck_norm.bias.requires_grad
    embedding = head.embed(feature_map).unflatten(1, (3, 4))
    torch.testing.assert_close(embedding * 3**0.5, nn.functional.normalize(necked, dim=2))


def test_embedding_is_of_unit_length_and_its_cosine_the_mean_of_the_branches() -> None:
    model = build_model("pyramid", {"parts": 4, "width": 16}).eval()
    with torch.no_grad():
        found = model(torch.randn(2, 3, 128, 64))
    parts = nn.functional.normalize(found.unflatten(1, (10, 16)), dim=2)
    torch.testing.assert_close(found.norm(dim=1), torch.ones(2))
    torch.testing.assert_close(found[0] @ found[1], (parts[0] * parts[1]).sum(1).mean())


def test_level_weights_are_shared_within_a_level() -> None:
    head = PyramidHead(6, 3, None, 8, level_weights=[1, 2, 3]).eval()
    assert head.shares == pytest.approx([1 / 18] * 3 + [1 / 6] * 2 + [1 / 2])
    embedding = head.embed(torch.rand(1, 6, 6, 4)).detach().unflatten(1, (6, 8))[0]
    assert embedding.square().sum(1).tolist() == pytest.approx(head.shares, abs=1e-5)
    with pytest.raises(ValueError, match="level_weights must be 3 numbers"):
        PyramidHead(6, 3, level_weights=[1, 2])


def test_shift_by_one_part_moves_the_finest_branches_and_not_the_whole() -> None:
    head = PyramidHead(6, 4, None, 8, neck="paper").eval()
    feature_map = torch.rand(1, 6, 8, 4)
    shifted = feature_map.roll(2, dims=2)
    before = head.features(feature_map).unflatten(1, (10, 8))[0]
    after = head.features(shifted).unflatten(1, (10, 8))[0]
    for branch in range(3):
        torch.testing.assert_close(head.pool(feature_map)[branch], head.pool(shifted)[branch + 1])
    torch.testing.assert_close(before[-1], after[-1])
    assert not torch.allclose(before[0], after[0])


def test_timm_trunk_under_the_pyramid() -> None:
    pytest.importorskip("timm")
    options = {"trunk": "timm", "trunk_options": {"model": "resnet10t"}, "parts": 4, "width": 8}
    model = build_model("pyramid", options).eval()
    with torch.no_grad():
        assert model(torch.zeros(1, 3, 128, 64)).shape == (1, 80)
