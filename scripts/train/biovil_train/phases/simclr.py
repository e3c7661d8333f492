"""SimCLR: the image encoder learns from films alone to tell two views of one film from views of others."""

from pathlib import Path

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
        self.objective = SimclrObjective(image, config.simclr.projection, config.simclr.temperature)

    def batch(self, step: int) -> Batch:
        numbers = numbers_of_batch(len(self.films.paths), self.config, step)
        own = numbers[self.processes.own(self.config.run.batch)]
        return self._two_views(self.films, own, np.random.default_rng([self.config.seed, step, self.processes.rank]))

    def _two_views(self, films: FilmStore, numbers: np.ndarray, rng: np.random.Generator) -> Batch:
        views = [films.views(numbers, self.config.augment, rng)[0] for _ in range(2)]
        return {"films": torch.cat(views)}

    def parameter_groups(self) -> list[dict]:
        return decayed(self.objective)

    def validate(self, device: torch.device) -> dict[str, float]:
        count = min(64, len(self.held_out.paths))
        if count == 0:
            return {}
        batch = self._two_views(self.held_out, np.arange(count), np.random.default_rng(self.config.seed))
        losses = self.objective({"films": batch["films"].to(device)})
        return {name: loss.item() for name, loss in losses.items()}

    def save(self, folder: Path) -> None:
        save_image(self.objective.image, folder, {"phase": "simclr"})
