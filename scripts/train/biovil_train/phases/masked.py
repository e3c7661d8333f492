"""Phases I and II: masked-language modelling."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..checkpoint import save_text
from ..config import Config
from ..data import Record
from ..distributed import Processes
from ..models import TextModel
from ..order import numbers_of_batch
from ..texts import KINDS, seeded
from ..tokenizer import Tokenizer, mask_tokens
from .phase import Batch, decayed


class MaskedObjective(nn.Module):
    def __init__(self, text: TextModel) -> None:
        super().__init__()
        self.text = text

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        logits = self.text.masked_logits(batch["masked"], batch["mask"], batch["positions"])
        right = (logits.argmax(1) == batch["truth"]).float().mean()
        return {"loss": F.cross_entropy(logits, batch["truth"]), "accuracy": right}


class MaskedPhase:
    films = None

    def __init__(
        self,
        config: Config,
        records: list[Record],
        held_out: list[Record],
        text: TextModel,
        tokenizer: Tokenizer,
        processes: Processes,
    ) -> None:
        self.config, self.records, self.held_out, self.tokenizer = config, records, held_out, tokenizer
        self.processes = processes
        self.objective = MaskedObjective(text)

    def numbers(self, step: int) -> np.ndarray:
        return numbers_of_batch(len(self.records), self.config, step)

    def batch(self, step: int) -> Batch:
        config, rank = self.config, self.processes.rank
        numbers = self.numbers(step)[self.processes.own(config.run.batch)]
        texts = [
            KINDS[config.data.texts](self.records[number], seeded(config.seed, step, rank, i))
            for i, number in enumerate(numbers)
        ]
        return self._masked(texts, np.random.default_rng([config.seed, step, rank]))

    def _masked(self, texts: list[str], rng: np.random.Generator) -> Batch:
        ids, mask = self.tokenizer(texts)
        masked, positions, truth = mask_tokens(ids, mask, self.config.masking.probability, self.tokenizer.size, rng)
        return {"masked": masked, "mask": mask, "positions": positions, "truth": truth}

    def parameter_groups(self) -> list[dict]:
        return decayed(self.objective)

    def validate(self, device: torch.device) -> dict[str, float]:
        texts = [
            KINDS[self.config.data.texts](record, seeded(self.config.seed, -1, i))
            for i, record in enumerate(self.held_out[:256])
        ]
        if not texts:
            return {}
        batch = self._masked(texts, np.random.default_rng(self.config.seed))
        losses = self.objective({name: value.to(device) for name, value in batch.items()})
        return {"loss": losses["loss"].item(), "accuracy": losses["accuracy"].item()}

    def save(self, folder: Path, facts: dict[str, Any]) -> None:
        save_text(self.objective.text, folder, facts)
