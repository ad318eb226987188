"""Any convolutional or hierarchical feature model of timm as a trunk."""

from __future__ import annotations

from torch import Tensor, nn

from crosscam.base.errors import InputError


class TimmTrunk(nn.Module):
    """Images (N, 3, H, W) -> the map of one of the model's stages.

    Args:
        model: timm's model name, e.g. `mobilenetv3_small_100`; it must support `features_only`.
        stage: Which of its stages; -2 (stride 16) is the counterpart of a last stride of 1.
        pretrained: Start from timm's weights (downloaded on first use).

    Raises:
        InputError: timm does not know the model, or it cannot return maps.
    """

    def __init__(self, model: str, stage: int = -2, pretrained: bool = False) -> None:
        super().__init__()
        try:
            import timm
        except ImportError as error:
            raise InputError("trunk 'timm' needs the timm package: pip install timm") from error
        try:
            self.model = timm.create_model(model, features_only=True, pretrained=pretrained)
        except (RuntimeError, AttributeError, ValueError) as error:
            raise InputError(f"timm cannot build '{model}' as a feature model: {error}") from error
        self.stage = stage
        self.channels: int = self.model.feature_info.channels()[stage]  # type: ignore[union-attr, operator]

    def forward(self, images: Tensor) -> Tensor:
        return self.model(images)[self.stage]
