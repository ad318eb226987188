"""The training loop: samples in, checkpoints and a curve out."""

from __future__ import annotations

import copy
import itertools
import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.utils.data import DataLoader

from crosscam.base.errors import WeightsError
from crosscam.base.precision import choose_precision
from crosscam.base.runtime.torch_files import read_file
from tracker.detection.network import NetworkOptions, PersonNetwork, cells
from tracker.detector_training.initial import initial_network
from tracker.detector_training.losses import detection_loss
from tracker.detector_training.options import TrainingOptions
from tracker.detector_training.packed_images import Sample
from tracker.detector_training.sampling import Batch, RandomBatches
from tracker.detector_training.validation import validate

LOG_EVERY = 50
MAX_GRADIENT = 10.0
INITIAL_BATCHES = 8


class Trainer:
    """One training, which can be interrupted and resumed.

    Args:
        options: How to train.
        samples: What to train on.
        held_out: What to validate on.
        crops: People to paste, uint8 (N, 128, 64, 3), or None.
        folder: Gets `last.pt` (all that resuming needs) and `curve.jsonl`.
        workers: Processes that make images; 0 makes them between the steps.
    """

    def __init__(
        self,
        options: TrainingOptions,
        samples: Sequence[Sample],
        held_out: Sequence[Sample],
        crops: NDArray[np.uint8] | None,
        folder: Path,
        workers: int = 1,
    ) -> None:
        torch.manual_seed(options.seed)
        torch.set_num_threads(options.threads)
        self._options, self._samples, self._held_out, self._crops = options, samples, held_out, crops
        self._folder, self._workers = folder, workers
        self._device = torch.device(options.device)
        self._is_half = choose_precision(options.precision, self._device) is torch.bfloat16
        self._take(PersonNetwork())
        self.step, self._used_s = 0, 0.0
        folder.mkdir(parents=True, exist_ok=True)

    def _take(self, network: PersonNetwork) -> None:
        """Train this network."""
        self.network = network.to(self._device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.network).eval().requires_grad_(False)
        groups = _parameter_groups(self.network, self._options.weight_decay)
        self._optimizer = torch.optim.AdamW(groups, self._options.learning_rate)

    def _initial_network(self, path: str) -> PersonNetwork:
        """A finished detector to go on from; some views of the training images stand for all of them."""
        batches = RandomBatches(
            self._samples, None, batch=8, size=self._options.size, mosaic_share=0.0, seed=self._options.seed
        )
        return initial_network(path, (images for images, _, _ in itertools.islice(batches, INITIAL_BATCHES)))

    def resume(self) -> None:
        """Continue from `last.pt`, with the views that would have come next.

        Raises:
            WeightsError: There is no such file, or it belongs to another network.
        """
        path = self._folder / "last.pt"
        try:
            state = read_file(path)
            self._take(PersonNetwork(NetworkOptions.from_dict(state["architecture"])))
            self.network.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            self._optimizer.load_state_dict(state["optimizer"])
        except (KeyError, RuntimeError, TypeError, ValueError, AttributeError) as error:
            reason = str(error) if isinstance(error, WeightsError) else "it belongs to another network"
            raise WeightsError(f"cannot resume from {path}: {reason}") from error
        self.step, self._used_s = state["step"], state["used_s"]

    def save(self) -> None:
        """Write `last.pt`, whole or not at all."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "architecture": asdict(self.network.options),
            "step": self.step,
            "used_s": self._used_s,
        }
        partial = self._folder / "last.pt.part"
        torch.save(state, partial)
        partial.replace(self._folder / "last.pt")

    def run(self, max_steps: int | None = None, is_stopped: Callable[[], bool] = lambda: False) -> None:
        """Train until the hours or the steps of the options are used, or for so many steps more.

        Args:
            max_steps: Steps after which the state is saved and training ends.
            is_stopped: Asked after every step; the state is saved and training ends, without another validation.
        """
        if self.step == 0 and self._options.initial is not None:
            self._take(self._initial_network(self._options.initial))
        stop = math.inf if max_steps is None else self.step + max_steps
        last_save = last_validation = self._used_s
        while self._done() < 1 and self.step < stop and not is_stopped():
            is_final = self._is_final()
            started = time.monotonic()
            for batch in self._batches(is_final):
                self._train(batch)
                now = time.monotonic()
                self._used_s += now - started
                if self._used_s - last_save >= self._options.save_every_s:
                    self.save()
                    last_save = self._used_s
                if self._used_s - last_validation >= self._options.validate_every_s:
                    self._validate()
                    last_validation = self._used_s
                if self._done() >= 1 or self.step >= stop or self._is_final() != is_final or is_stopped():
                    break
                started = time.monotonic()
        self.save()
        if not is_stopped():
            self._validate()

    def _done(self) -> float:
        """Share of the training behind us, by steps where the options give them, else by the clock."""
        if self._options.steps is not None:
            return self.step / self._options.steps
        return self._used_s / (self._options.hours * 3600)

    def _is_final(self) -> bool:
        return self._done() >= 1 - self._options.final_share

    def _train(self, batch: Batch) -> None:
        """One step."""
        images, people, ignored = batch
        for group in self._optimizer.param_groups:
            group["lr"] = self._learning_rate()
        inputs = images.to(self._device).float()
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._is_half):
            raw = self.network(inputs)
        centres, strides = cells(images.shape[2], images.shape[3], self._device)
        people, ignored = ([boxes.to(self._device) for boxes in group] for group in (people, ignored))
        score_loss, box_loss = detection_loss(raw.float(), centres, strides, people, ignored)
        self._optimizer.zero_grad()
        (score_loss + box_loss).backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), MAX_GRADIENT)
        self._optimizer.step()
        self.step += 1
        self._update_average()
        if self.step % LOG_EVERY == 0:
            seen = {"images": self.step * self._options.batch, "size": images.shape[2], "rate": self._learning_rate()}
            self._log({**seen, "score_loss": score_loss.item(), "box_loss": box_loss.item()})

    def _learning_rate(self) -> float:
        """Linear warm-up by steps, then a cosine down to a hundredth."""
        cosine = 0.01 + 0.99 * (1 + math.cos(math.pi * min(self._done(), 1.0))) / 2
        return self._options.learning_rate * cosine * min(1.0, (self.step + 1) / self._options.warmup_steps)

    @torch.no_grad()
    def _update_average(self) -> None:
        """Moving average of the weights, short at first (Tarvainen and Valpola, NIPS 2017, arXiv:1703.01780)."""
        decay = min(self._options.average_decay, (1 + self.step) / (20 + self.step))
        for mine, theirs in zip(self.average.state_dict().values(), self.network.state_dict().values(), strict=True):
            if mine.is_floating_point():
                mine.lerp_(theirs, 1 - decay)
            else:
                mine.copy_(theirs)

    def _batches(self, is_final: bool) -> Iterator[Batch]:
        """Batches without end."""
        options = self._options
        batches = RandomBatches(
            self._samples,
            self._crops,
            batch=options.batch,
            size=options.final_size if is_final else options.size,
            mosaic_share=0.0 if is_final else options.mosaic_share,
            seed=options.seed,
            first=self.step,
        )
        return iter(DataLoader(batches, batch_size=None, num_workers=self._workers))

    def _validate(self) -> None:
        if not self._held_out:
            return
        scores = validate(self.average, self._held_out, self._options.final_size)
        self._log({"ap50": scores.ap50, "ap50_95": scores.ap50_95, "miss_rate": scores.miss_rate})

    def _log(self, entry: dict[str, float]) -> None:
        rounded = {key: round(float(value), 5) for key, value in entry.items()}
        line = json.dumps({"step": self.step, "used_s": round(self._used_s, 1), **rounded})
        with (self._folder / "curve.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")


def load_average(path: Path) -> PersonNetwork:
    """The averaged network of a `last.pt`, ready for inference.

    Raises:
        WeightsError: The file is missing or no checkpoint of a training.
    """
    try:
        state = read_file(path)
        network = PersonNetwork(NetworkOptions.from_dict(state["architecture"]))
        network.load_state_dict(state["average"])
    except (KeyError, RuntimeError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, WeightsError):
            raise
        raise WeightsError(f"{path} is no checkpoint of the detector's training, such as last.pt") from error
    return network.eval()


def _parameter_groups(network: nn.Module, weight_decay: float) -> list[dict]:
    """Weights of convolutions decay, biases and normalisation do not."""
    kernels = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    return [{"params": kernels, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]
