"""A trunk under a head: what pyramid and AlignedReID models are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor, nn

if TYPE_CHECKING:
    from reid.models.aligned import AlignedHead, AlignedOutput
    from reid.models.outputs import BranchOutput
    from reid.models.pyramid import PyramidHead


class HeadedModel(nn.Module):
    """Unit embeddings in evaluation mode, the head's output for the losses in training mode.

    Args:
        trunk: Images (N, 3, H, W) -> map (N, C, h, w).
        head: Map -> output for the losses, and `embed`: map -> unit vectors (N, dimension).
    """

    def __init__(self, trunk: nn.Module, head: PyramidHead | AlignedHead) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = head
        self.dimension = head.dimension

    def forward(self, images: Tensor) -> Tensor | BranchOutput | AlignedOutput:
        feature_map = self.trunk(images)
        return self.head(feature_map) if self.training else self.head.embed(feature_map)
