"""The built-in detector's network: one class, no anchors, dense convolutions, about a million parameters.

A trunk of cross-stage partial blocks (Wang et al., CSPNet, CVPRW 2020, arXiv:1911.11929), a path aggregation neck
(Liu et al., CVPR 2018, arXiv:1803.01534) and one decoupled head shared by three levels (Ge et al., YOLOX,
arXiv:2107.08430; Tian et al., FCOS, ICCV 2019, arXiv:1904.01355). Departures: a patch stem of stride 4, ReLU and dense
instead of depthwise convolutions, because these cost least on current processors; no objectness beside the score.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

STRIDES = (8, 16, 32)
PRIOR_SCORE = 0.01
"""Every cell's score before training: the many empty cells then do not rule the first steps (focal loss paper)."""
MAX_LOG_DISTANCE = 5.0
"""Longest distance from a cell to a side, as a power of e, in cells."""
MAX_OFFSET = 31.0
"""Readers of YOLOX files take larger offsets for pixels."""


@dataclass(frozen=True)
class NetworkOptions:
    """Channels of the stages at strides 4, 8, 16 and 32, of the neck and the head, and blocks per stage."""

    widths: tuple[int, int, int, int] = (32, 64, 128, 192)
    depths: tuple[int, int, int, int] = (1, 2, 2, 1)
    neck: int = 80
    head: int = 64

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> NetworkOptions:
        """Options as a checkpoint or a file's metadata holds them.

        Raises:
            TypeError: A key is missing or unknown.
        """
        fields: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in values.items()}
        return cls(**fields)


class PersonNetwork(nn.Module):
    """Scores and boxes for every cell of three grids."""

    def __init__(self, options: NetworkOptions | None = None) -> None:
        super().__init__()
        self.options = options or NetworkOptions()
        self.trunk = Trunk(self.options)
        self.neck = Neck(self.options.widths[1:], self.options.neck)
        self.head = Head(self.options.neck, self.options.head)

    def forward(self, images: Tensor) -> Tensor:
        """Detect at every cell.

        Args:
            images: float (N, 3, H, W), BGR, 0 to 255, H and W multiples of 32.

        Returns:
            (N, A, 5), finest level first and row by row: logarithms of the distances from the cell's centre to the
            left, top, right and bottom side in cells, and the score's logit.
        """
        scaled = (images - 114.0) / 64.0
        levels = self.neck(self.trunk(scaled))
        found = [self.head(level, index).flatten(2) for index, level in enumerate(levels)]
        return torch.cat(found, dim=2).transpose(1, 2)

    def decode(self, raw: Tensor, height: int, width: int) -> Tensor:
        """Corners x1, y1, x2, y2 in pixels and the score, (N, A, 5), from the output for an input of this size."""
        centres, strides = cells(height, width, raw.device)
        return torch.cat([decode_boxes(raw[..., :4], centres, strides), raw[..., 4:].sigmoid()], dim=-1)


class YoloxLayout(nn.Module):
    """The network with YOLOX's output, which many programs read; this is what is exported.

    Offsets and logarithms of sizes relative to the cell keep their precision in half-width floats, pixels would not.
    """

    def __init__(self, network: PersonNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """(N, A, 6): centre from the cell's corner and log width and height, in cells; score; 1 for the only class."""
        raw = self.network(images).float()
        sides = raw[..., :4].clamp(max=MAX_LOG_DISTANCE).exp()
        before, after = sides[..., :2], sides[..., 2:]
        offsets = ((after - before) / 2 + 0.5).clamp(-MAX_OFFSET, MAX_OFFSET)
        score = raw[..., 4:].sigmoid()
        return torch.cat([offsets, (before + after).log(), score, torch.ones_like(score)], dim=-1)


class Trunk(nn.Module):
    """Features at strides 8, 16 and 32."""

    def __init__(self, options: NetworkOptions) -> None:
        super().__init__()
        widths, depths = options.widths, options.depths
        self.stem = nn.Sequential(conv(3, widths[0], kernel=6, stride=4, padding=1), PartialStage(widths[0], depths[0]))
        self.stages = nn.ModuleList(
            nn.Sequential(conv(widths[i], widths[i + 1], stride=2), PartialStage(widths[i + 1], depths[i + 1]))
            for i in range(3)
        )
        self.pool = PyramidPool(widths[3])

    def forward(self, images: Tensor) -> list[Tensor]:
        features = self.stem(images)
        levels = []
        for stage in self.stages:
            features = stage(features)
            levels.append(features)
        return [*levels[:-1], self.pool(levels[-1])]


class Neck(nn.Module):
    """Top-down, then bottom-up: every level sees context and detail."""

    def __init__(self, widths: tuple[int, ...], width: int) -> None:
        super().__init__()
        self.lateral = nn.ModuleList(conv(w, width, kernel=1) for w in widths)
        self.top_down = nn.ModuleList(PartialStage(width, 1) for _ in widths[1:])
        self.down = nn.ModuleList(conv(width, width, stride=2) for _ in widths[1:])
        self.bottom_up = nn.ModuleList(PartialStage(width, 1) for _ in widths[1:])

    def forward(self, levels: list[Tensor]) -> list[Tensor]:
        fine, middle, coarse = (reduce(level) for reduce, level in zip(self.lateral, levels, strict=True))
        middle = self.top_down[0](middle + F.interpolate(coarse, scale_factor=2.0))
        fine = self.top_down[1](fine + F.interpolate(middle, scale_factor=2.0))
        middle = self.bottom_up[0](middle + self.down[0](fine))
        coarse = self.bottom_up[1](coarse + self.down[1](middle))
        return [fine, middle, coarse]


class Head(nn.Module):
    """Box and score branches, shared by the levels; each level has its own scale of distances."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.shared = conv(width, hidden)
        self.score = nn.Sequential(conv(hidden, hidden), nn.Conv2d(hidden, 1, 1))
        self.box = nn.Sequential(conv(hidden, hidden), nn.Conv2d(hidden, 4, 1))
        self.offsets = nn.Parameter(torch.full((len(STRIDES),), math.log(2.0)))
        nn.init.constant_(self.score[-1].bias, -math.log((1 - PRIOR_SCORE) / PRIOR_SCORE))  # type: ignore[arg-type]
        nn.init.normal_(self.score[-1].weight, std=0.01)  # type: ignore[arg-type]
        nn.init.zeros_(self.box[-1].bias)  # type: ignore[arg-type]
        nn.init.normal_(self.box[-1].weight, std=0.01)  # type: ignore[arg-type]

    def forward(self, level: Tensor, index: int) -> Tensor:
        """(N, C, h, w) to (N, 5, h, w)."""
        features = self.shared(level)
        return torch.cat([self.box(features) + self.offsets[index], self.score(features)], dim=1)


class PartialStage(nn.Module):
    """Half of the channels pass through residual blocks, the other half around them."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        half = width // 2
        self.enter = conv(width, half, kernel=1)
        self.around = conv(width, half, kernel=1)
        self.blocks = nn.Sequential(*(Residual(half) for _ in range(depth)))
        self.leave = conv(2 * half, width, kernel=1)

    def forward(self, features: Tensor) -> Tensor:
        return self.leave(torch.cat([self.blocks(self.enter(features)), self.around(features)], dim=1))


class Residual(nn.Module):
    """Two 3 x 3 convolutions and a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(conv(width, width), conv(width, width))

    def forward(self, features: Tensor) -> Tensor:
        return features + self.body(features)


class PyramidPool(nn.Module):
    """Context from three windows of growing size (spatial pyramid pooling, in the serial form of YOLOv5)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        half = width // 2
        self.enter = conv(width, half, kernel=1)
        self.pool = nn.MaxPool2d(5, stride=1, padding=2)
        self.leave = conv(4 * half, width, kernel=1)

    def forward(self, features: Tensor) -> Tensor:
        levels = [self.enter(features)]
        for _ in range(3):
            levels.append(self.pool(levels[-1]))
        return self.leave(torch.cat(levels, dim=1))


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1, padding: int | None = None) -> nn.Sequential:
    """Convolution, batch normalisation, ReLU."""
    padding = kernel // 2 if padding is None else padding
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False),
        nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.03),
        nn.ReLU(inplace=True),
    )


def is_normalised(block: nn.Module) -> TypeGuard[nn.Sequential]:
    """Whether this is what `conv` makes."""
    return isinstance(block, nn.Sequential) and len(block) == 3 and isinstance(block[1], nn.BatchNorm2d)


def cells(height: int, width: int, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """Centres (A, 2) as x, y in pixels and strides (A, 1) of all cells, in the order of the network's output."""
    centres, strides = [], []
    for stride in STRIDES:
        y, x = torch.meshgrid(torch.arange(height // stride), torch.arange(width // stride), indexing="ij")
        centres.append((torch.stack([x, y], dim=-1).reshape(-1, 2) + 0.5) * stride)
        strides.append(torch.full((len(centres[-1]), 1), float(stride)))
    return torch.cat(centres).float().to(device), torch.cat(strides).to(device)


def decode_boxes(distances: Tensor, centres: Tensor, strides: Tensor) -> Tensor:
    """Corners (..., A, 4) in pixels from logarithms of distances (..., A, 4) in cells."""
    lengths = distances.clamp(max=MAX_LOG_DISTANCE).exp() * strides
    return torch.cat([centres - lengths[..., :2], centres + lengths[..., 2:]], dim=-1)


def fuse(network: PersonNetwork) -> PersonNetwork:
    """A copy for inference: batch normalisation is folded into the convolutions before it."""
    fused = copy.deepcopy(network).eval()
    for block in fused.modules():
        if is_normalised(block):
            assert isinstance(block[0], nn.Conv2d)
            assert isinstance(block[1], nn.BatchNorm2d)
            block[0] = fuse_conv_bn_eval(block[0], block[1])
            block[1] = nn.Identity()
    return fused


def calibrate(network: PersonNetwork, slope: float, shift: float) -> PersonNetwork:
    """A copy whose score logits are `slope` times the network's plus `shift` (Platt, 1999)."""
    calibrated = copy.deepcopy(network)
    with torch.no_grad():
        calibrated.head.score[-1].weight.mul_(slope)  # type: ignore[operator]
        calibrated.head.score[-1].bias.mul_(slope).add_(shift)  # type: ignore[operator]
    return calibrated
