"""SimCLR: the image encoder learns from films alone to tell two views of one film from views of others."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..checkpoint import save_image
from ..config import Config
from ..data import FilmStore
from ..distributed import Processes, gathered
from ..models import ImageModel
from ..objectives import nt_xent
from ..order import numbers_of_batch
from .phase import Batch, decayed


class SimclrObjective(nn.Module):
    def __init__(self, image: ImageModel, size: int, temperature: float) -> None:
        super().__init__()
        self.image, self.temperature = image, temperature
        features = image.config.features
        # Thrown away afterwards, as in the paper.
        self.head = nn.Sequential(nn.Linear(features, features), nn.ReLU(inplace=True), nn.Linear(features, size))

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        pooled = self.image.features(batch["films"]).mean((2, 3))
        first, second = (gathered(part) for part in self.head(pooled).float().chunk(2))
        loss = nt_xent(first, second, self.temperature)
        with torch.no_grad():
            similar = F.normalize(first, dim=1) @ F.normalize(second, dim=1).T
            right = similar.argmax(1) == torch.arange(len(first), device=first.device)
        return {"loss": loss, "accuracy": right.float().mean()}


class SimclrPhase:
    def __init__(
        self, config: Config, films: FilmStore, held_out: FilmStore, image: ImageModel, processes: Processes
    ) -> None:
        self.config, self.films, self.held_out, self.processes = config, films, held_out, processes
        self._validated = min(64, len(held_out.paths))
        if processes.first and self._validated:
            # What cannot be read is said now, not when the run is at its end.
            held_out.settled(np.arange(self._validated))
        self.objective = SimclrObjective(image, config.simclr.projection, config.simclr.temperature)

    def numbers(self, step: int) -> np.ndarray:
        return numbers_of_batch(len(self.films.paths), self.config, step)

    def batch(self, step: int) -> Batch:
        numbers, films = self.films.settled(self.numbers(step), self.processes.own(self.config.run.batch))
        rng = np.random.default_rng([self.config.seed, step, self.processes.rank])
        return {"films": self._two_views(self.films, films, rng), "numbers": torch.from_numpy(numbers)}

    def _two_views(self, store: FilmStore, films: np.ndarray, rng: np.random.Generator) -> Tensor:
        return torch.cat([store.views_of(films, self.config.augment, rng)[0] for _ in range(2)])

    def parameter_groups(self) -> list[dict]:
        return decayed(self.objective)

    def validate(self, device: torch.device) -> dict[str, float]:
        if not self._validated:
            return {}
        _, films = self.held_out.settled(np.arange(self._validated))
        views = self._two_views(self.held_out, films, np.random.default_rng(self.config.seed))
        losses = self.objective({"films": views.to(device)})
        return {name: loss.item() for name, loss in losses.items()}

    def save(self, folder: Path, facts: dict[str, Any]) -> None:
        save_image(self.objective.image, folder, facts)
