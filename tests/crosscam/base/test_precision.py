from __future__ import annotations

import pytest
import torch

from crosscam.base.precision import choose_precision

CPU = torch.device("cpu")


def test_a_named_format_is_taken() -> None:
    assert choose_precision("bfloat16", CPU) is torch.bfloat16
    assert choose_precision("float32", CPU) is torch.float32


@pytest.mark.parametrize(("avx512", "amx"), [(False, False), (True, False), (False, True)])
def test_auto_follows_the_processor(monkeypatch: pytest.MonkeyPatch, avx512: bool, amx: bool) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert choose_precision("auto", CPU) is (torch.bfloat16 if avx512 or amx else torch.float32)
