"""Named losses: where they apply, how they add up, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from crosscam.base.errors import TrainingError
from reid.losses import EXTRA_INPUT, INPUTS, LOSSES, METRIC_INPUTS, BatchHardTripletLoss, LabelSmoothedCrossEntropy
from reid.losses.pyramid_branches import embedding_of
from reid.models.aligned import AlignedOutput
from reid.models.outputs import BranchOutput
from reid.training.mutual import class_vectors, mutual_loss
from reid.training.objective import Objective
from reid.training.options import Loss, Mutual

LABELS = torch.tensor([0, 0, 1, 1, 2, 2])


def output(branches: int = 3, seed: int = 0) -> BranchOutput:
    torch.manual_seed(seed)
    return BranchOutput(torch.rand(6, branches, 4, requires_grad=True), torch.randn(6, branches, 5))


def test_values_are_the_named_losses() -> None:
    out = output()
    losses = [
        Loss(name="cross_entropy", input="logits", weight=2.0, reduce="sum"),
        Loss(name="batch_hard", input="branches", options={"margin": 1.4}),
        Loss(name="batch_hard", input="embedding", weight=0.5),
    ]
    values = Objective(losses, 5, 12)(out, LABELS)
    entropy = sum(LabelSmoothedCrossEntropy()(out.logits[:, b], LABELS) for b in range(3))
    torch.testing.assert_close(values.identity, 2.0 * entropy)
    branches = sum(BatchHardTripletLoss(1.4)(out.features[:, b], LABELS) for b in range(3)) / 3
    whole = BatchHardTripletLoss(0.3)(embedding_of(out), LABELS)
    torch.testing.assert_close(values.metric, branches + 0.5 * whole)
    assert set(values.parts) == {"cross_entropy/logits", "batch_hard/branches", "batch_hard/embedding"}


def test_embedding_is_the_mean_of_branch_cosines() -> None:
    out = output()
    unit = torch.nn.functional.normalize(out.features, dim=2)
    found = embedding_of(out)
    torch.testing.assert_close(found[0] @ found[1], (unit[0] * unit[1]).sum(1).mean())
    shares = torch.tensor([0.5, 0.25, 0.25])
    found = embedding_of(out._replace(shares=shares))
    torch.testing.assert_close(found[0] @ found[1], ((unit[0] * unit[1]).sum(1) * shares).sum())
    values = Objective([Loss(name="cross_entropy", input="logits")], 5, 12)(out._replace(shares=shares), LABELS)
    each = torch.stack([LabelSmoothedCrossEntropy()(out.logits[:, b], LABELS) for b in range(3)])
    torch.testing.assert_close(values.identity, (each * shares).sum())


@pytest.mark.parametrize("labels", [torch.zeros(6, dtype=torch.int64), torch.arange(6)])
def test_metric_is_undefined_with_one_identity_or_without_pairs(labels: torch.Tensor) -> None:
    values = Objective([Loss(name="batch_hard", input="embedding")], 6, 12)(output(), labels)
    assert values.metric is None
    assert values.identity == 0.0


def test_centre_and_class_aware_losses_get_what_they_need() -> None:
    out = output()
    losses = [
        Loss(name="osm_caa", input="branches"),
        Loss(name="center", input="embedding", weight=0.1),
        Loss(name="osm_caa", input="embedding", class_vectors="centers"),
    ]
    values = Objective(losses, 5, 12)(out, LABELS, torch.randn(3, 5, 4))
    assert values.metric is not None
    assert values.metric.isfinite()
    with pytest.raises(TrainingError, match="classifier per branch"):
        Objective(losses[:1], 5, 12)(out, LABELS)


def test_aligned_local_loss_is_configured_by_name() -> None:
    out = AlignedOutput(torch.randn(6, 1, 8), torch.randn(6, 1, 5), torch.randn(6, 4, 3, requires_grad=True))
    values = Objective([Loss(name="aligned_local", input="stripes", options={"margin": 5.0})], 5, 8)(out, LABELS)
    assert values.metric is not None
    assert values.metric > 0


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (Loss(name="tripelt", input="embedding"), "unknown image loss 'tripelt'; available: cross_entropy"),
        (Loss(name="erased_attention", input="embedding"), "takes attention, erased: training on images"),
        (Loss(name="mutual_metric", input="embedding"), "set mutual.models"),
        (Loss(name="cross_entropy", input="embedding"), "does not work on 'embedding'"),
        (Loss(name="batch_hard", input="logits"), "does not work on 'logits'"),
        (Loss(name="center", input="branches"), "does not work on 'branches', but on embedding"),
        (Loss(name="batch_hard", input="embedding", options={"margni": 1}), "margni"),
        (Loss(name="osm_caa", input="embedding", class_vectors="centers"), "needs a loss named 'center'"),
    ],
)
def test_wrong_entries_are_one_line(loss: Loss, message: str) -> None:
    with pytest.raises(TrainingError, match=message):
        Objective([loss], 5, 12)


@pytest.mark.parametrize("name", [name for name in LOSSES if EXTRA_INPUT.get(name, "class_vectors") == "class_vectors"])
def test_every_image_loss_is_reached_by_name_and_has_a_gradient(name: str) -> None:
    out: BranchOutput | AlignedOutput = output()
    if name == "aligned_local":
        out = AlignedOutput(torch.randn(6, 1, 8), torch.randn(6, 1, 5), torch.randn(6, 4, 3))
    for entry in INPUTS.get(name, METRIC_INPUTS):
        if name == "osm_caa" and entry == "embedding":
            continue  # with centres, see above
        leaf = {"logits": "logits", "stripes": "stripes"}.get(entry, "features")
        wanted = getattr(out, leaf).detach().requires_grad_(True)
        values = Objective([Loss(name=name, input=entry)], 5, 12)(
            out._replace(**{leaf: wanted}), LABELS, torch.randn(3, 5, 4)
        )
        total = values.identity if values.metric is None else values.identity + values.metric
        total.backward()
        assert wanted.grad is not None
        assert wanted.grad.isfinite().all()
        assert wanted.grad.abs().sum() > 0 or name == "aligned_local"


def test_every_file_of_a_loss_has_a_line_in_the_registry() -> None:
    folder = Path(__file__).resolve().parents[3] / "reid" / "losses"
    helpers = {"__init__", "distances", "tuples", "pyramid_branches"}
    homes = {loss.__module__.rpartition(".")[2] for loss in LOSSES.values()}
    assert {file.stem for file in folder.glob("*.py")} - helpers == homes


def test_mutual_loss_teaches_both_and_stops_at_the_peer() -> None:
    first, second = output(seed=0), output(seed=1)
    first.logits.requires_grad_(True)
    loss = mutual_loss([first, second], Mutual(models=2))
    loss.backward()
    assert loss > 0
    assert second.features.grad is not None
    same = mutual_loss([first, first], Mutual(models=2))
    assert same.item() == pytest.approx(0.0, abs=1e-5)
    assert mutual_loss([first], Mutual()).item() == 0.0


def test_class_vectors_of_every_model() -> None:
    from reid.models import build_model

    assert class_vectors(build_model("pyramid", {"parts": 2, "width": 8}, 5)).shape == (3, 5, 8)
    assert class_vectors(build_model("osnet", {"width": 0.25}, 5)).shape == (1, 5, 512)
    assert class_vectors(build_model("osnet", {"width": 0.25})) is None
