"""OSNet: residual blocks of several receptive fields, weighed against each other by one shared gate.

Zhou et al., Omni-Scale Feature Learning for Person Re-Identification, ICCV 2019, arXiv:1905.00953. Written from the
paper; the attribute names are those of torchreid's state dicts, so that its published weights load as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from reid.models.outputs import BranchOutput

BASE_CHANNELS = (64, 256, 384, 512)
EMBEDDING = 512
GATE_REDUCTION = 16
SCALES = 4  # streams of 1, 2, 3 and 4 light convolutions


class ConvNorm(nn.Module):
    """Convolution without bias, batch norm, and a ReLU unless `linear`."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, linear: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs)
        self.activation = nn.Identity() if linear else nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(self.bn(self.conv(x)))


class LightConv(nn.Module):
    """Lite 3x3 convolution: 1x1 without activation, then depthwise 3x3, batch norm, ReLU."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.bn(self.conv2(self.conv1(x))))


class ChannelGate(nn.Module):
    """The unified aggregation gate: weights per channel, in (0, 1), from the stream's own average."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // GATE_REDUCTION, 1)
        self.fc2 = nn.Conv2d(channels // GATE_REDUCTION, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        pooled = x.mean((2, 3), keepdim=True)
        return x * torch.sigmoid(self.fc2(torch.relu(self.fc1(pooled))))


class OmniScaleBlock(nn.Module):
    """Bottleneck of four streams whose receptive fields are 3, 5, 7 and 9 pixels."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        middle = outputs // 4
        self.conv1 = ConvNorm(inputs, middle, 1)
        self.conv2a = LightConv(middle)
        self.conv2b = nn.Sequential(*(LightConv(middle) for _ in range(2)))
        self.conv2c = nn.Sequential(*(LightConv(middle) for _ in range(3)))
        self.conv2d = nn.Sequential(*(LightConv(middle) for _ in range(SCALES)))
        self.gate = ChannelGate(middle)
        self.conv3 = ConvNorm(middle, outputs, 1, linear=True)
        self.downsample = ConvNorm(inputs, outputs, 1, linear=True) if inputs != outputs else None

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv1(x)
        a, b, c, d = self.conv2a(y), self.conv2b(y), self.conv2c(y), self.conv2d(y)
        y = self.conv3(self.gate(a) + self.gate(b) + self.gate(c) + self.gate(d))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


def _stage(inputs: int, outputs: int, shrink: bool) -> nn.Sequential:
    """Two blocks, and a 1x1 convolution with 2x2 average pooling where the map is halved."""
    layers: list[nn.Module] = [OmniScaleBlock(inputs, outputs), OmniScaleBlock(outputs, outputs)]
    if shrink:
        layers.append(nn.Sequential(ConvNorm(outputs, outputs, 1), nn.AvgPool2d(2)))
    return nn.Sequential(*layers)


class OSNetTrunk(nn.Module):
    """Images (N, 3, H, W) -> map (N, channels, H/16, W/16).

    Args:
        width: Factor on the channels of all stages: 0.25, 0.5, 0.75 or 1.
    """

    def __init__(self, width: float = 0.25) -> None:
        super().__init__()
        first, second, third, fourth = (int(c * width) for c in BASE_CHANNELS)
        self.channels = fourth
        self.conv1 = ConvNorm(3, first, 7, stride=2)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.conv2 = _stage(first, second, shrink=True)
        self.conv3 = _stage(second, third, shrink=True)
        self.conv4 = _stage(third, fourth, shrink=False)
        self.conv5 = ConvNorm(fourth, fourth, 1)

    def feature_map(self, images: Tensor) -> Tensor:
        """The map before pooling."""
        x = self.maxpool(self.conv1(images))
        return self.conv5(self.conv4(self.conv3(self.conv2(x))))

    def forward(self, images: Tensor) -> Tensor:
        return self.feature_map(images)


class OSNet(OSNetTrunk):
    """OSNet with its 512-d embedding layer: unit vectors in evaluation mode, `BranchOutput` of one branch in training.

    Args:
        width: As for the trunk.
        classes: Training identities; 0 builds no classifier.
    """

    def __init__(self, width: float = 0.25, classes: int = 0) -> None:
        super().__init__(width)
        self.dimension = EMBEDDING
        self.fc = nn.Sequential(nn.Linear(self.channels, EMBEDDING), nn.BatchNorm1d(EMBEDDING), nn.ReLU(inplace=True))
        if classes:
            self.classifier = nn.Linear(EMBEDDING, classes)

    def features(self, images: Tensor) -> Tensor:
        """The 512-d output as torchreid returns it, not normalised."""
        return self.fc(self.feature_map(images).mean((2, 3)))

    def forward(self, images: Tensor) -> Tensor | BranchOutput:  # type: ignore[override]
        features = self.features(images)
        if self.training:
            return BranchOutput(features[:, None], self.classifier(features)[:, None])
        return nn.functional.normalize(features, dim=1)


def osnet_width(state: Mapping[str, Tensor]) -> float | None:
    """Width factor of a torchreid OSNet state dict, or None where the keys are not OSNet's."""
    if not {"conv1.conv.weight", "conv2.0.conv2d.3.conv2.weight", "fc.0.weight"} <= set(state):
        return None
    return state["conv1.conv.weight"].shape[0] / BASE_CHANNELS[0]
