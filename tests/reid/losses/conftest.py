"""Four points whose distances and losses are worked out by hand."""

from __future__ import annotations

import pytest
import torch


@pytest.fixture
def points() -> torch.Tensor:
    """Unit vectors; d01 = d23 = 0.632456, d02 = d13 = 1.414214, d03 = 1.788854, d12 = 0.894427."""
    return torch.tensor([[1.0, 0.0], [0.8, 0.6], [0.0, 1.0], [-0.6, 0.8]])


@pytest.fixture
def labels() -> torch.Tensor:
    """Two identities of two points each."""
    return torch.tensor([0, 0, 1, 1])


@pytest.fixture
def random_batch() -> tuple[torch.Tensor, torch.Tensor]:
    """24 features of 6 identities, float32 (24, 16) and int64 (24,)."""
    generator = torch.Generator().manual_seed(7)
    return torch.randn(24, 16, generator=generator), torch.arange(6).repeat_interleave(4)
