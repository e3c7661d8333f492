"""The training loop that all phases share: steps, precision, processes, the log, saving and resuming."""

import json
import math
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from .checkpoint import readable
from .config import Config, RunConfig
from .data import FilmStore
from .distributed import Processes
from .phases.phase import Batch, Phase
from .progress import Progress

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


class Interrupted(Exception):
    """The run was stopped by a signal; its state is saved."""


def rate_at(step: int, run: RunConfig, warmup: float) -> float:
    """Factor of the learning rate: linear warm-up, then a cosine down to a hundredth."""
    rising = max(1, round(warmup * run.steps))
    if step < rising:
        return (step + 1) / rising
    return 0.01 + 0.99 * (1 + math.cos(math.pi * (step - rising) / max(1, run.steps - rising))) / 2


class Trainer:
    def __init__(self, config: Config, phase: Phase, processes: Processes, folder: Path) -> None:
        self.config, self.phase, self.processes, self.folder = config, phase, processes, folder
        self.step = 0
        # Numbers of the unreadable films that steps have met so far, and of those that all processes know.
        self._met: set[int] = set()
        self._shared: set[int] = set()
        self._stop = False
        objective = phase.objective.to(processes.device)
        if processes.count > 1:
            if processes.device.type == "cuda":
                objective = nn.SyncBatchNorm.convert_sync_batchnorm(objective)
            objective = DistributedDataParallel(objective, find_unused_parameters=True)
        self.objective = objective
        wanted = config.optimiser
        self.optimiser = torch.optim.AdamW(
            phase.parameter_groups(), wanted.learning_rate, wanted.betas, weight_decay=wanted.weight_decay
        )
        for group in self.optimiser.param_groups:
            group["initial_lr"] = group["lr"]
        self.precision = DTYPES[config.run.precision]
        self.scaler = torch.amp.GradScaler(
            processes.device.type, enabled=self.precision == torch.float16 and processes.device.type == "cuda"
        )
        self._resume()

    @property
    def _state(self) -> Path:
        return self.folder / "state.pt"

    def _resume(self) -> None:
        if not self._state.exists():
            return
        with readable(self._state):
            state = torch.load(self._state, map_location=self.processes.device, weights_only=True)
        self.step = state["step"]
        self.phase.objective.load_state_dict(state["objective"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.scaler.load_state_dict(state["scaler"])
        self._met = set(state.get("unreadable", ()))

    def save(self) -> None:
        if not self.processes.first:
            return
        state = {
            "step": self.step,
            "objective": self.phase.objective.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(),
            "unreadable": sorted(self._met),
        }
        unfinished = self._state.with_suffix(".partial")
        try:
            torch.save(state, unfinished)
        except RuntimeError as error:  # What torch makes of a full disk.
            raise OSError(f"{unfinished} cannot be written: {error}") from error
        unfinished.rename(self._state)

    def run(self) -> None:
        """Trains to the last step. Raises Interrupted after a signal, with the state saved."""
        run = self.config.run
        log = Log(self.folder / "log.jsonl", self.step) if self.processes.first else None
        handlers = {one: signal.signal(one, self._interrupt) for one in (signal.SIGINT, signal.SIGTERM)}
        began = time.monotonic() - (log.seconds if log else 0)
        # Also for the parts that an objective keeps from training.
        self.phase.objective.train()
        try:
            with Progress(self.folder.name, run.steps, self.step) as progress:
                for batch in self._batches():
                    losses = self._train(batch)
                    self.step += 1
                    last = self.step == run.steps
                    values: dict[str, float] = {}
                    if self.step % run.log == 0 or last:
                        values = {name: loss.item() for name, loss in losses.items()}
                        if not math.isfinite(values["loss"]):
                            raise FloatingPointError(f"the loss is {values['loss']} at step {self.step}")
                        if self._met:
                            values["unreadable"] = len(self._met)
                    if last or (run.validate and self.step % run.validate == 0):
                        values |= {f"valid/{name}": value for name, value in self.validate().items()}
                    if log and values:
                        rate = self.optimiser.param_groups[0]["lr"]
                        log.write(self.step, values | {"rate": rate, "seconds": time.monotonic() - began})
                    if self.processes.first:
                        progress.update(self.step, f"loss {values['loss']:.3f}" if "loss" in values else "")
                    # All of several processes ask at the same steps: a signal does not reach them at the same time.
                    asked = self.processes.count == 1 or self.step % 4 == 0
                    stop = asked and self.processes.any(self._stop)
                    if last or stop or self.step % run.save == 0:
                        self.save()
                    if stop and not last:
                        raise Interrupted
        finally:
            for one, handler in handlers.items():
                signal.signal(one, handler)
        self.processes.wait()

    def validate(self) -> dict[str, float]:
        self.phase.objective.eval()
        with torch.no_grad():
            values = self.phase.validate(self.processes.device) if self.processes.first else {}
        self.phase.objective.train()
        self.processes.wait()
        return values

    def _interrupt(self, *_: Any) -> None:
        self._stop = True

    def _batches(self) -> Iterator[Batch]:
        """The batches still to come; the next ones are made while a step runs."""
        queue: Queue[Batch | BaseException] = Queue(2)
        step, steps = self.step, self.config.run.steps

        def produce() -> None:
            try:
                for number in range(step, steps):
                    queue.put(self.phase.batch(number))
            except BaseException as error:  # Handed to the main thread, which raises it.
                queue.put(error)

        Thread(target=produce, daemon=True).start()
        for number in range(step, steps):
            batch = queue.get()
            if isinstance(batch, BaseException):
                raise batch
            batch = self._agreed(number, batch)
            yield {name: value.to(self.processes.device) for name, value in batch.items() if name != "numbers"}

    def _agreed(self, step: int, batch: Batch) -> Batch:
        """All processes take the same films: each reads its own alone, and tells the others what it could not read."""
        films = self.phase.films
        if films is None:
            return batch
        wanted = self.phase.numbers(step)
        while self.processes.count > 1:
            # Made before all was known that is known now.
            if (films.instead(wanted) != batch["numbers"].numpy()).any():
                batch = self.phase.batch(step)
            own = {number: reason for number, reason in list(films.unreadable.items()) if number not in self._shared}
            news = self.processes.union(own)
            if not news:
                break
            self._shared |= news.keys()
            for number in news.keys() - films.unreadable.keys():
                films.lose(number, news[number])
        self._meet(films, wanted)
        return batch

    def _meet(self, films: FilmStore, wanted: np.ndarray) -> None:
        new = sorted({*wanted.tolist()} & films.unreadable.keys() - self._met)
        self._met.update(new)
        for number in new if self.processes.first else ():
            other = films.paths[films.instead([number])[0]]
            print(f"{films.unreadable[number]}; {other} stands in for it", file=sys.stderr)

    def _train(self, batch: Batch) -> dict[str, Tensor]:
        # Dropout depends on the step, not on the steps before: a resumed run goes on as if it had not stopped.
        torch.manual_seed(self.config.seed * 1_000_003 + self.step * 1_009 + self.processes.rank)
        factor = rate_at(self.step, self.config.run, self.config.optimiser.warmup)
        for group in self.optimiser.param_groups:
            group["lr"] = group["initial_lr"] * factor
        with torch.autocast(self.processes.device.type, self.precision, enabled=self.precision != torch.float32):
            losses = self.objective(batch)
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(losses["loss"]).backward()
        self.scaler.unscale_(self.optimiser)
        nn.utils.clip_grad_norm_(self.phase.objective.parameters(), self.config.optimiser.clip)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        return {name: loss.detach() for name, loss in losses.items()}


class Log:
    """JSON Lines, a line for some of the steps; a resumed run drops the lines after the saved state."""

    def __init__(self, path: Path, step: int) -> None:
        kept = []
        if path.exists() and step > 0:
            lines = path.read_text(encoding="utf-8").splitlines()
            kept = [line for line in lines if _step(line) <= step]
        path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        self._path = path
        # What the run has taken so far.
        self.seconds: float = json.loads(kept[-1]).get("seconds", 0.0) if kept else 0.0

    def write(self, step: int, values: dict[str, float]) -> None:
        # JSON has no NaN, which a figure of too few held-out cases may be.
        known = {name: float(f"{value:.6g}") for name, value in values.items() if math.isfinite(value)}
        line = {"step": step, **known}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _step(line: str) -> float:
    try:
        return json.loads(line)["step"]
    except ValueError:
        # A line that a crash cut short.
        return math.inf
