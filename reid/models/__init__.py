"""Networks: trunks (images -> map), models (images -> embeddings), tracklet encoders (frames -> one embedding).

`TRUNKS` and `MODELS` are built on first use, so that importing this package does not load torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from crosscam.base.errors import InputError

if TYPE_CHECKING:
    from torch import nn


def build_compact(**options: Any) -> nn.Module:
    from reid.models.compact import CompactTrunk

    return CompactTrunk(**options)


def build_resnet(**options: Any) -> nn.Module:
    from reid.models.resnet import ResNetTrunk

    return ResNetTrunk(**options)


def build_osnet_trunk(**options: Any) -> nn.Module:
    from reid.models.osnet import OSNetTrunk

    return OSNetTrunk(**options)


def build_timm(**options: Any) -> nn.Module:
    from reid.models.timm_trunk import TimmTrunk

    return TimmTrunk(**options)


def build_pyramid(
    trunk: str = "compact", trunk_options: Mapping[str, Any] | None = None, classes: int = 0, **head: Any
) -> nn.Module:
    """Pyramid over a trunk; `head` are the options of `PyramidHead`."""
    from reid.models.headed import HeadedModel
    from reid.models.pyramid import PyramidHead

    body = build_trunk(trunk, trunk_options or {})
    return HeadedModel(body, PyramidHead(body.channels, classes=classes, **head))  # type: ignore[arg-type]


def build_aligned(
    trunk: str = "compact", trunk_options: Mapping[str, Any] | None = None, classes: int = 0, **head: Any
) -> nn.Module:
    """AlignedReID over a trunk; `head` are the options of `AlignedHead`."""
    from reid.models.aligned import AlignedHead
    from reid.models.headed import HeadedModel

    body = build_trunk(trunk, trunk_options or {})
    return HeadedModel(body, AlignedHead(body.channels, classes=classes, **head))  # type: ignore[arg-type]


def build_osnet(classes: int = 0, **options: Any) -> nn.Module:
    from reid.models.osnet import OSNet

    return OSNet(classes=classes, **options)


TRUNKS: dict[str, Callable[..., nn.Module]] = {
    "compact": build_compact,
    "resnet": build_resnet,
    "osnet": build_osnet_trunk,
    "timm": build_timm,
}
MODELS: dict[str, Callable[..., nn.Module]] = {
    "pyramid": build_pyramid,
    "aligned": build_aligned,
    "osnet": build_osnet,
}


def build_trunk(name: str, options: Mapping[str, Any]) -> nn.Module:
    """A trunk by name.

    Raises:
        InputError: Unknown name, or options that the trunk does not take.
    """
    return _build("trunk", TRUNKS, name, options)


def build_model(name: str, options: Mapping[str, Any], classes: int = 0) -> nn.Module:
    """A model by name; `classes` > 0 adds the classifiers that training needs.

    Raises:
        InputError: Unknown name, or options that the model does not take.
    """
    return _build("model", MODELS, name, {**options, "classes": classes})


def _build(
    kind: str, registry: Mapping[str, Callable[..., nn.Module]], name: str, options: Mapping[str, Any]
) -> nn.Module:
    if name not in registry:
        raise InputError(f"unknown {kind} '{name}'; available: {', '.join(registry)}")
    try:
        return registry[name](**options)
    except InputError:
        raise
    except (TypeError, ValueError) as error:
        raise InputError(f"{kind} '{name}': {error}") from error
