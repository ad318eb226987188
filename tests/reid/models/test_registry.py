"""Building by name: what is refused, and how it says so."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from crosscam.base.errors import InputError
from reid.models import build_model, build_trunk


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("pyramids", {}, "unknown model 'pyramids'; available: pyramid, aligned, osnet"),
        ("pyramid", {"trunk": "vgg"}, "unknown trunk 'vgg'; available: compact"),
        ("pyramid", {"widht": 3}, "model 'pyramid'"),
        ("pyramid", {"neck": "no"}, "unknown neck 'no'"),
        ("pyramid", {"trunk": "resnet", "trunk_options": {"depth": 7}}, "depth must be one of"),
        ("pyramid", {"trunk": "timm", "trunk_options": {"model": "no_such_model"}}, "timm cannot build"),
    ],
)
def test_wrong_names_and_options_are_one_line(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        build_model(name, options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("depth", "channels"), [(18, 512), (50, 2048)])
def test_resnet_keeps_its_last_stride_at_one(depth: int, channels: int) -> None:
    trunk = build_trunk("resnet", {"depth": depth}).eval()
    with torch.no_grad():
        assert trunk(torch.zeros(1, 3, 128, 64)).shape == (1, channels, 8, 4)


def test_compact_trunk_fits_three_megabytes_of_float16() -> None:
    model = build_model("pyramid", {"parts": 4, "width": 64})
    assert 2 * sum(value.numel() for value in model.state_dict().values()) < 3_000_000


@pytest.mark.parametrize("name", ["pyramid", "aligned", "osnet"])
def test_every_model_trains_and_embeds(name: str) -> None:
    model = build_model(name, {}, classes=4)
    images = torch.randn(4, 3, 192 if name == "pyramid" else 128, 64)
    output = model.train()(images)
    assert output.logits.shape[::2] == (4, 4)
    output.logits.sum().backward()
    with torch.no_grad():
        embeddings = model.eval()(images)
    assert embeddings.shape == (4, model.dimension)
    torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(4))
