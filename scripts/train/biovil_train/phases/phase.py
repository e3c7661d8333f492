"""What the loop asks of a phase."""

from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from ..data import FilmStore

Batch = dict[str, Tensor]


class Phase(Protocol):
    # Takes a batch and gives its losses by name; "loss" is the one that is minimised.
    objective: nn.Module
    # Those that it trains on, if any.
    films: FilmStore | None

    def numbers(self, step: int) -> np.ndarray:
        """Of the studies of a step, over all processes: [batch]"""

    def batch(self, step: int) -> Batch:
        """
        This process's part of a step, told by seed, step and rank alone.

        Where there are films, "numbers" [batch] has the studies that were taken, over all processes.
        """

    def parameter_groups(self) -> list[dict]:
        """For the optimiser; a group may have its own `lr`."""

    def validate(self, device: torch.device) -> dict[str, float]:
        """Figures on held-out studies."""

    def save(self, folder: Path, facts: dict[str, Any]) -> None:
        """Writes the result in the published layout; the files say the facts of themselves."""


def decayed(module: nn.Module, **options: float) -> list[dict]:
    """Two groups: weights, and what is never decayed, biases and norms."""
    own = [parameter for parameter in module.parameters() if parameter.requires_grad]
    return [
        {"params": [parameter for parameter in own if parameter.ndim > 1], **options},
        {"params": [parameter for parameter in own if parameter.ndim <= 1], "weight_decay": 0.0, **options},
    ]
