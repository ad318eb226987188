"""Losses, one idea per file. Metric losses are modules called as `loss(features, labels) -> scalar`.

Those of `EXTRA_INPUT` take something else or something more, which their docstrings name.
"""

from __future__ import annotations

from torch import nn

from reid.losses.aligned_local import AlignedLocalLoss
from reid.losses.attributes import AttributeTripletLoss, WeightedAttributeLoss
from reid.losses.batch_hard import BatchHardTripletLoss
from reid.losses.center import CenterLoss
from reid.losses.contrastive import ContrastiveLoss
from reid.losses.cross_entropy import LabelSmoothedCrossEntropy
from reid.losses.dark_rank import DarkRankLoss
from reid.losses.erased_attention import ErasedAttentionLoss
from reid.losses.margin_sample_mining import MarginSampleMiningLoss
from reid.losses.mutual import ClassificationMutualLoss, MetricMutualLoss
from reid.losses.osm_caa import OsmCaaLoss
from reid.losses.quadruplet import CappedQuadrupletLoss, QuadrupletLoss
from reid.losses.soft_batch_hard import SoftBatchHardTripletLoss
from reid.losses.triplet import ImprovedTripletLoss, TripletLoss

LOSSES: dict[str, type[nn.Module]] = {
    "cross_entropy": LabelSmoothedCrossEntropy,
    "contrastive": ContrastiveLoss,
    "triplet": TripletLoss,
    "improved_triplet": ImprovedTripletLoss,
    "quadruplet": QuadrupletLoss,
    "capped_quadruplet": CappedQuadrupletLoss,
    "batch_hard": BatchHardTripletLoss,
    "soft_batch_hard": SoftBatchHardTripletLoss,
    "margin_sample_mining": MarginSampleMiningLoss,
    "center": CenterLoss,
    "osm_caa": OsmCaaLoss,
    "aligned_local": AlignedLocalLoss,
    "erased_attention": ErasedAttentionLoss,
    "mutual_classification": ClassificationMutualLoss,
    "mutual_metric": MetricMutualLoss,
    "dark_rank": DarkRankLoss,
    "attribute": WeightedAttributeLoss,
    "attribute_triplet": AttributeTripletLoss,
}

METRIC_INPUTS = ("branches", "embedding")
"""What a metric loss works on, see `reid.training.options.Loss.input`."""

INPUTS: dict[str, tuple[str, ...]] = {
    "cross_entropy": ("logits",),
    "center": ("embedding",),  # its centres have one dimension
    "aligned_local": ("stripes",),
}
"""The same for the losses that differ."""

EXTRA_INPUT: dict[str, str] = {
    "osm_caa": "class_vectors",
    "erased_attention": "attention, erased",
    "mutual_classification": "logits, peers",
    "mutual_metric": "features, peers",
    "dark_rank": "student, teacher",
    "attribute": "logits, attributes",
    "attribute_triplet": "features, labels, attributes",
}
"""What a loss is given besides, or instead of, features and labels."""

__all__ = [
    "EXTRA_INPUT",
    "INPUTS",
    "LOSSES",
    "METRIC_INPUTS",
    "AlignedLocalLoss",
    "AttributeTripletLoss",
    "BatchHardTripletLoss",
    "CappedQuadrupletLoss",
    "CenterLoss",
    "ClassificationMutualLoss",
    "ContrastiveLoss",
    "DarkRankLoss",
    "ErasedAttentionLoss",
    "ImprovedTripletLoss",
    "LabelSmoothedCrossEntropy",
    "MarginSampleMiningLoss",
    "MetricMutualLoss",
    "OsmCaaLoss",
    "QuadrupletLoss",
    "SoftBatchHardTripletLoss",
    "TripletLoss",
    "WeightedAttributeLoss",
]
