"""Dynamic training with two losses: how fast each falls decides which ones the next batch uses.

Zheng et al., Pyramidal Person Re-IDentification via Multi-Loss Dynamic Training, CVPR 2019, section 3.3, with the
constants of the authors' code. Departures, all against undefined values: the moving average starts at the first loss
instead of 0, a loss that reaches 0 counts as not falling, and the ratio of two focal weights is defined everywhere.
The focal weights of the current batch decide the sampler and the loss of the next one.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

MODES = ("off", "switch", "weighted")
TINY = 1e-8


def focal_weight(p: float, gamma: float = 2.0) -> float:
    """`-(1 - p)^gamma ln p`: 0 for a loss that stands still (p = 1), large for one that falls fast."""
    return 0.0 if p >= 1.0 else -((1.0 - p) ** gamma) * math.log(max(p, TINY))


def focal_ratio(metric: float, identity: float) -> float:
    """`metric / identity`; infinite where the identity loss stands still, 0 where only the metric loss does."""
    return metric / identity if identity > 0.0 else math.inf


@dataclass
class TaskProgress:
    """One loss's moving average and focal weight."""

    average: float | None = None
    focal: float = focal_weight(0.5)
    p: float = 0.5

    def update(self, loss: float, alpha: float, gamma: float) -> None:
        """Take the loss of one batch. The first one sets the average and leaves p at 0.5."""
        if self.average is None:
            self.average = loss
            return
        before = self.average
        self.average = alpha * loss + (1.0 - alpha) * before
        self.p = 1.0 if before <= TINY else min(self.average, before) / before
        self.focal = focal_weight(self.p, gamma)


@dataclass(frozen=True)
class Decision:
    """What a batch uses.

    Attributes:
        identity_only: A random batch and the identity loss alone; else a P x K batch and both losses.
        weights: Of the identity and the metric loss.
    """

    identity_only: bool = False
    weights: tuple[float, float] = (1.0, 1.0)


class DynamicSchedule:
    """Watches the identity and the metric loss and decides about the next batch.

    Args:
        mode: "off": always both losses with weight 1. "switch": both or the identity loss alone, unweighted.
            "weighted": the same, weighted by the focal weights (the paper's Eq. 7).
        alpha: Share of the newest loss in the moving average.
        delta: Ratio of the focal weights below which the metric loss is left out.
        gamma: Focal exponent.
        raw: In "weighted", use the focal weights as they are, as Eq. 7 reads; they are about 1e-4 in steady state and
            stop the training, so by default they are scaled to sum to 2.
    """

    def __init__(
        self, mode: str = "switch", alpha: float = 0.25, delta: float = 0.16, gamma: float = 2.0, raw: bool = False
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"unknown mode '{mode}'; available: {', '.join(MODES)}")
        self.mode, self.alpha, self.delta, self.gamma, self.raw = mode, alpha, delta, gamma, raw
        self.identity, self.metric = TaskProgress(), TaskProgress()
        self.steps = self.identity_only_steps = 0

    def decide(self) -> Decision:
        """What the next batch uses."""
        if self.mode == "off":
            return Decision()
        if focal_ratio(self.metric.focal, self.identity.focal) < self.delta:
            return Decision(True, (1.0, 0.0))
        return Decision(False, self._weights() if self.mode == "weighted" else (1.0, 1.0))

    def _weights(self) -> tuple[float, float]:
        total = self.identity.focal + self.metric.focal
        if self.raw:
            return self.identity.focal, self.metric.focal
        return (2 * self.identity.focal / total, 2 * self.metric.focal / total) if total > 0.0 else (1.0, 1.0)

    def update(self, identity_loss: float, metric_loss: float | None) -> None:
        """Take the losses of one batch; None for the metric loss of a batch on which it is undefined."""
        self.steps += 1
        self.identity_only_steps += self.decide().identity_only
        self.identity.update(identity_loss, self.alpha, self.gamma)
        if metric_loss is not None:
            self.metric.update(metric_loss, self.alpha, self.gamma)

    def log(self) -> dict[str, float]:
        """k, p and FL of both losses, and the share of identity-only batches so far."""
        values: dict[str, float] = {}
        for name, task in (("id", self.identity), ("metric", self.metric)):
            values |= {f"k_{name}": task.average or 0.0, f"p_{name}": task.p, f"fl_{name}": task.focal}
        return values | {"identity_only_fraction": self.identity_only_steps / max(self.steps, 1)}

    def state_dict(self) -> dict[str, object]:
        return {
            "identity": asdict(self.identity),
            "metric": asdict(self.metric),
            "steps": [self.steps, self.identity_only_steps],
        }

    def load_state_dict(self, state: dict) -> None:
        self.identity, self.metric = TaskProgress(**state["identity"]), TaskProgress(**state["metric"])
        self.steps, self.identity_only_steps = state["steps"]
