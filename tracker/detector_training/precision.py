"""Whether bfloat16 pays: where the processor has no instructions for it, it is several times slower than float32."""

from __future__ import annotations

import torch


def wants_bfloat16(precision: str, device: torch.device) -> bool:
    """What `auto`, `bfloat16` or `float32` means on a device."""
    if precision != "auto":
        return precision == "bfloat16"
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
