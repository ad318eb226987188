"""A narrow residual trunk for CPUs: dense 3x3 convolutions, faster there than depthwise ones in bfloat16."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


class BasicBlock(nn.Module):
    """Two 3x3 convolutions with a shortcut. He et al., Deep Residual Learning, CVPR 2016."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        self.activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        y = self.activation(self.norm1(self.conv1(x)))
        return self.activation(self.norm2(self.conv2(y)) + self.shortcut(x))


class CompactTrunk(nn.Module):
    """Images (N, 3, H, W) -> map (N, channels, H/16, W/16); the last stage keeps its stride at 1.

    Args:
        stem: Channels of the first convolution, which has stride 2; a second one of stride 2 leads to the first stage.
        widths: Channels of each stage.
        depths: Residual blocks of each stage.
        strides: Stride of each stage's first block.
    """

    def __init__(
        self,
        stem: int = 16,
        widths: Sequence[int] = (32, 64, 128, 192),
        depths: Sequence[int] = (2, 2, 2, 1),
        strides: Sequence[int] = (1, 2, 2, 1),
    ) -> None:
        super().__init__()
        if not len(widths) == len(depths) == len(strides) >= 1:
            raise ValueError(f"widths, depths and strides must have one length, got {widths}, {depths}, {strides}")
        self.channels = widths[-1]
        self.stem = nn.Sequential(
            nn.Conv2d(3, stem, 3, 2, 1, bias=False),
            nn.BatchNorm2d(stem),
            nn.ReLU(inplace=True),
            nn.Conv2d(stem, widths[0], 3, 2, 1, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(inplace=True),
        )
        blocks: list[nn.Module] = []
        inputs = widths[0]
        for width, depth, stride in zip(widths, depths, strides, strict=True):
            for position in range(depth):
                blocks.append(BasicBlock(inputs, width, stride if position == 0 else 1))
                inputs = width
        self.stages = nn.Sequential(*blocks)

    def forward(self, images: Tensor) -> Tensor:
        return self.stages(self.stem(images))
