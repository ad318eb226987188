"""Attention loss of erased frames: a frame that the augmentation damaged shall weigh little."""

from __future__ import annotations

from torch import Tensor, nn


class ErasedAttentionLoss(nn.Module):
    """`mean over clips of sum_t a_t e_t` with the attention `a` and the flags `e` of erased frames.

    Pathak et al., AAAI 2020 ("Attn-CL"). The flags must be those of the only erasing in the augmentation: the release
    erased twice and flagged once, so that a third of its damaged frames looked clean.
    """

    def forward(self, attention: Tensor, erased: Tensor) -> Tensor:
        """Scalar from non-negative attention (B, T), normalised or raw, and flags, bool or 0/1 (B, T)."""
        if attention.shape != erased.shape:
            raise ValueError(f"attention has shape {tuple(attention.shape)}, flags {tuple(erased.shape)}")
        return (attention.float() * erased.to(attention.device)).sum(1).mean()
