"""The training loop: one step, and around it the clock, the log, validation, checkpoints and resumption."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import torch
from torch import nn

from crosscam.base.devices import choose_device
from crosscam.base.errors import TrainingError
from crosscam.base.precision import choose_precision
from reid.checkpoint import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    Checkpoint,
    load_checkpoint,
    part_layout,
    save_checkpoint,
)
from reid.distance_scale import DistanceScale
from reid.models import build_model
from reid.training import distributed
from reid.training.batches import BatchMaker
from reid.training.data import TrainingData
from reid.training.dynamic import Decision, DynamicSchedule
from reid.training.log import TrainingLog
from reid.training.mutual import Cohort, class_vectors, mutual_loss
from reid.training.objective import Objective
from reid.training.optimiser import AveragedWeights, build_optimiser, rate_factor, set_rate
from reid.training.options import TrainOptions
from reid.training.state import load_state, save_state
from reid.training.validation import ImageInput, validate
from reid.weights_files.state_dict import load_trained

logger = logging.getLogger(__name__)
STATE, LAST, BEST = "state.pt", "last.pth", "best.pth"


class Trainer:
    """Trains one configuration; `run` returns the best held-out scores.

    Args:
        options: The configuration.
        data: Images, labels and held-out sets.
        folder: Where state, checkpoints and the log go.
        on_progress: Called with progress in [0, 1] and a line for the terminal.
        stop: Asked before every step; true ends the run, which can be resumed.

    Raises:
        TrainingError: A loss became NaN or infinite.
    """

    def __init__(
        self,
        options: TrainOptions,
        data: TrainingData,
        folder: Path,
        on_progress: Callable[[float, str], None] | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        torch.set_num_threads(options.threads)
        cv2.setNumThreads(0)
        self._options, self._data, self._folder = options, data, folder
        self._report = on_progress or (lambda _progress, _line: None)
        self._stop = stop
        self._device = distributed.own_device(choose_device(options.device))
        self._dtype = choose_precision(options.precision, self._device)
        self._to_input = ImageInput(IMAGENET_MEAN, IMAGENET_STD, self._device)
        self._cohort = Cohort([self._build(number) for number in range(options.mutual.models)])
        self._model = self._cohort.models[0]
        self._network: nn.Module = self._cohort
        if distributed.world_size() > 1:
            self._network = nn.parallel.DistributedDataParallel(self._cohort)
        dimension = int(self._model.dimension)  # type: ignore[arg-type]
        self._objective = Objective(options.losses, data.classes, dimension).to(self._device)
        self._optimiser = build_optimiser(self._cohort, options.optimiser)
        self._scaler = torch.amp.GradScaler(self._device.type, enabled=self._dtype == torch.float16)
        self._average = AveragedWeights(self._model, options.ema_decay)
        self._dynamic = DynamicSchedule(**options.dynamic.model_dump())
        self._batches = BatchMaker(data, options)
        self._records = TrainingLog(folder, options.tensorboard)
        self._step, self._used_s, self._best = 0, 0.0, -math.inf
        self._best_scores: dict[str, float] = {}
        self._distances: DistanceScale | None = None  # of the last validation

    def _build(self, number: int) -> nn.Module:
        torch.manual_seed(self._options.seed + number)
        model = build_model(self._options.model.name, self._options.model.options, self._data.classes)
        if self._options.model.initial is not None:
            load_trained(model, load_checkpoint(self._options.model.initial).state, str(self._options.model.initial))
        return model.to(device=self._device).to(memory_format=torch.channels_last)

    @property
    def _progress(self) -> float:
        schedule = self._options.schedule
        if schedule.steps is not None:
            return self._step / schedule.steps
        return distributed.average(self._used_s / (3600.0 * (schedule.hours or 1.0)))

    def _progress_after(self) -> float:
        """Progress of the next step, as far as it is known before this one has ended."""
        steps = self._options.schedule.steps
        return self._progress if steps is None else (self._step + 1) / steps

    def resume(self) -> None:
        """Go on from the state in the folder.

        Raises:
            CheckpointError: There is none, or it is of other options.
        """
        state = load_state(self._folder / STATE, self._options)
        self._cohort.load_state_dict(state["cohort"])
        self._average.network.load_state_dict(state["average"])
        self._objective.load_state_dict(state["objective"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._scaler.load_state_dict(state["scaler"])
        self._dynamic.load_state_dict(state["dynamic"])
        self._batches.taken = {bool(key): count for key, count in state["batches"].items()}
        self._step, self._used_s, self._best = state["step"], state["used_s"], state["best"]
        self._best_scores = state["best_scores"]
        self._distances = DistanceScale(*state["distances"]) if state.get("distances") else None

    def save(self) -> None:
        """Write the state and the checkpoint of the averaged weights."""
        if distributed.rank():
            return
        content = {
            "cohort": self._cohort.state_dict(),
            "average": self._average.network.state_dict(),
            "objective": self._objective.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "scaler": self._scaler.state_dict(),
            "dynamic": self._dynamic.state_dict(),
            "batches": {int(key): count for key, count in self._batches.taken.items()},
            "step": self._step,
            "used_s": self._used_s,
            "best": self._best,
            "best_scores": self._best_scores,
            "distances": None if self._distances is None else list(self._distances),
        }
        save_state(self._folder / STATE, self._options, content)
        save_checkpoint(self.checkpoint(), self._folder / LAST)

    def checkpoint(self) -> Checkpoint:
        """The averaged weights with everything that is needed to use them; distances are as of the last validation."""
        options, network = self._options, self._average.network
        return Checkpoint(
            options.model.name,
            dict(options.model.options),
            network.state_dict(),
            options.input_size,
            int(network.dimension),  # type: ignore[arg-type]
            parts=part_layout(network),
            distances=self._distances,
            training={
                "step": self._step,
                "hours": round(self._used_s / 3600.0, 3),
                "seed": options.seed,
                "identities": self._data.classes,
                "images": len(self._data.labels),
                "held_out_people": self._data.held_out_people,
                "scores": self._best_scores,
            },
        )

    def run(self) -> dict[str, float]:
        """Train to the end of the schedule, or until `stop`; validate and save on the way and at the end."""
        self._folder.mkdir(parents=True, exist_ok=True)
        started = time.monotonic() - self._used_s
        validated = saved = self._used_s
        try:
            while self._progress < 1.0 and not self._stop():
                line = self.step()
                self._used_s = time.monotonic() - started
                if self._step % self._options.log_every_steps == 0:
                    self._log(line)
                if self._used_s - saved > self._options.save_every_s:
                    self.save()
                    saved = self._used_s
                if self._used_s - validated > self._options.validate_every_s:
                    self._validate()
                    validated = self._used_s
        finally:
            self._batches.close()
        self._validate()
        self.save()
        return self._best_scores

    def step(self) -> dict[str, float]:
        """One batch: forward, decision about the next one, backward. Returns what the log shows."""
        progress, decision = self._progress, self._dynamic.decide()
        if not self._batches.pending:
            self._batches.request(decision.identity_only, self._step, progress)
        batch = self._batches.take()
        set_rate(self._optimiser, self._options.optimiser.learning_rate * rate_factor(progress, self._options.schedule))
        self._network.train()
        self._objective.train()
        labels = torch.from_numpy(batch.labels).to(self._device)
        with torch.autocast(self._device.type, self._dtype, enabled=self._dtype != torch.float32):
            outputs = self._network(self._to_input(batch.images))
        loss, line = self._losses(outputs, labels, decision)
        self._check(line)
        if self._options.workers:  # the threads work while this one goes backward
            self._batches.request(self._dynamic.decide().identity_only, self._step + 1, self._progress_after())
        self._optimiser.zero_grad(set_to_none=True)
        self._scaler.scale(loss).backward()
        self._scaler.unscale_(self._optimiser)
        nn.utils.clip_grad_norm_(self._cohort.parameters(), self._options.optimiser.clip_norm)
        self._scaler.step(self._optimiser)
        self._scaler.update()
        self._step += 1
        self._average.update(self._model, self._step)
        return line

    def _losses(self, outputs: list[Any], labels: torch.Tensor, decision: Decision) -> tuple[torch.Tensor, dict]:
        """The scalar to minimise; the first model's losses are watched by the dynamic schedule."""
        total = mutual_loss(outputs, self._options.mutual)
        line: dict[str, float] = {}
        for number, output in enumerate(outputs):
            vectors = class_vectors(self._cohort.models[number])
            values = self._objective(output, labels, vectors)
            total = total + decision.weights[0] * values.identity
            if values.metric is not None and decision.weights[1] > 0.0:
                total = total + decision.weights[1] * values.metric
            if number == 0:
                metric = None if values.metric is None else distributed.average(float(values.metric.detach()))
                identity = distributed.average(float(values.identity.detach()))
                self._dynamic.update(identity, metric)
                correct = output.logits.argmax(2) == labels[:, None]
                line = {**values.parts, "accuracy": float(correct.float().mean())}
        return total, {"loss": float(total.detach()), **line}

    def _check(self, line: dict[str, float]) -> None:
        if not math.isfinite(line["loss"]):
            parts = ", ".join(f"{key} {value:.4g}" for key, value in line.items() if key != "accuracy")
            raise TrainingError(
                f"the loss is not finite at step {self._step} ({parts}); lower optimiser.learning_rate or use float32"
            )

    def _log(self, line: dict[str, float]) -> None:
        if distributed.rank():
            return
        entry: dict[str, float] = {"step": self._step, "seconds": round(self._used_s, 1), **line}
        if self._options.dynamic.mode != "off":
            entry |= self._dynamic.log()
        self._records.write(entry)
        self._report(self._progress, "  ".join(f"{key} {value:.4g}" for key, value in line.items()))

    def _validate(self) -> None:
        """Score the averaged weights on the held-out people and keep the best; without any, keep the newest."""
        if distributed.rank():
            return
        size = self._options.input_size
        scores, self._distances = validate(
            self._average.network, self._data.held_out, size, self._to_input, self._dtype
        )
        if scores.get("score", math.inf) > self._best or not scores:
            self._best, self._best_scores = scores.get("score", 0.0), scores
            save_checkpoint(self.checkpoint(), self._folder / BEST)
        if scores:
            entry = {"step": self._step, "seconds": round(self._used_s, 1), **scores}
            self._records.write(entry)
            self._report(self._progress, "  ".join(f"{key} {value:.2f}" for key, value in scores.items()))
