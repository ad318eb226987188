"""The number format of forward passes in training.

Processors without bfloat16 instructions compute it several times slower than float32, those that have them faster.
"""

from __future__ import annotations

import torch

PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


def choose_precision(name: str, device: torch.device) -> torch.dtype:
    """The named format; `auto` is bfloat16 where the device computes it fast, else float32."""
    if name != "auto":
        return PRECISIONS[name]
    if device.type == "cuda":
        has_bfloat16 = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        has_bfloat16 = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.bfloat16 if has_bfloat16 else torch.float32
