"""ResNet trunks of torchvision with the last stride removed (Luo et al., Bag of Tricks, CVPRW 2019)."""

from __future__ import annotations

from torch import Tensor, nn

DEPTHS = (18, 34, 50, 101, 152)


class ResNetTrunk(nn.Module):
    """Images (N, 3, H, W) -> map (N, channels, H/16, W/16); 512 channels to ResNet-34, 2048 from ResNet-50 on.

    Args:
        depth: 18, 34, 50, 101 or 152.
        pretrained: Start from torchvision's ImageNet weights (downloaded on first use).
    """

    def __init__(self, depth: int = 50, pretrained: bool = False) -> None:
        super().__init__()
        if depth not in DEPTHS:
            raise ValueError(f"depth must be one of {DEPTHS}, got {depth}")
        import torchvision

        net = torchvision.models.get_model(f"resnet{depth}", weights="DEFAULT" if pretrained else None)
        first = net.layer4[0]
        (first.conv1 if depth < 50 else first.conv2).stride = (1, 1)
        first.downsample[0].stride = (1, 1)
        self.channels = net.fc.in_features
        self.stem = nn.Sequential(net.conv1, net.bn1, net.relu, net.maxpool)
        self.layer1, self.layer2, self.layer3, self.layer4 = net.layer1, net.layer2, net.layer3, net.layer4

    def forward(self, images: Tensor) -> Tensor:
        return self.layer4(self.layer3(self.layer2(self.layer1(self.stem(images)))))
