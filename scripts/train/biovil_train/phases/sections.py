"""Phase III: radiology section matching (findings and impression of one study) beside masked-language modelling."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..checkpoint import save_text
from ..config import Config
from ..data import Record
from ..distributed import Processes, gathered
from ..models import TextModel
from ..objectives import symmetric_info_nce
from ..order import numbers_of_batch
from ..texts import sections, seeded, shuffled
from ..tokenizer import Tokenizer, mask_tokens
from .masked import MaskedObjective
from .phase import Batch, decayed


class SectionsObjective(nn.Module):
    def __init__(self, text: TextModel, temperature: float, mlm_weight: float) -> None:
        super().__init__()
        self.text, self.scale, self.mlm_weight = text, 1 / temperature, mlm_weight
        self.masked = MaskedObjective(text)

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        projected = self.text(batch["ids"], batch["section_mask"])
        findings, impressions = (gathered(part) for part in projected.chunk(2))
        matching = symmetric_info_nce(findings, impressions, self.scale)
        if not self.mlm_weight:
            return {"loss": matching, "matching": matching}
        mlm = self.masked(batch)
        return {
            "loss": matching + self.mlm_weight * mlm["loss"],
            "matching": matching,
            "mlm": mlm["loss"],
            "accuracy": mlm["accuracy"],
        }


class SectionsPhase:
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
        self.config, self.tokenizer, self.processes = config, tokenizer, processes
        self.records, self.held_out = (_with_both_sections(some) for some in (records, held_out))
        if len(self.records) < config.run.batch:
            raise ValueError(
                f"section matching needs studies with findings and impression: {len(self.records)} of "
                f"{len(records)} have both, fewer than a batch of {config.run.batch}"
            )
        self.objective = SectionsObjective(text, config.sections.temperature, config.sections.mlm_weight)

    def numbers(self, step: int) -> np.ndarray:
        return numbers_of_batch(len(self.records), self.config, step)

    def batch(self, step: int) -> Batch:
        config, rank = self.config, self.processes.rank
        numbers = self.numbers(step)[self.processes.own(config.run.batch)]
        records = [self.records[number] for number in numbers]
        return self._batch(records, (config.seed, step, rank))

    def _batch(self, records: list[Record], key: tuple[int, ...]) -> Batch:
        findings, impressions = [], []
        for i, record in enumerate(records):
            rng = seeded(*key, i)
            pair = sections(record, rng)
            if self.config.sections.shuffle_sentences:
                pair = tuple(shuffled(section, rng) for section in pair)
            findings.append(pair[0])
            impressions.append(pair[1])
        ids, mask = self.tokenizer(findings + impressions)
        rng = np.random.default_rng([abs(part) for part in key])
        masked, positions, truth = mask_tokens(ids, mask, self.config.masking.probability, self.tokenizer.size, rng)
        return {
            "ids": ids,
            "section_mask": mask,
            "mask": mask,
            "masked": masked,
            "positions": positions,
            "truth": truth,
        }

    def parameter_groups(self) -> list[dict]:
        return decayed(self.objective)

    def validate(self, device: torch.device) -> dict[str, float]:
        records = self.held_out[:128]
        if not records:
            return {}
        batch = self._batch(records, (self.config.seed, 0, 0))
        projected = self.objective.text(batch["ids"].to(device), batch["section_mask"].to(device))
        findings, impressions = (nn.functional.normalize(part, dim=1) for part in projected.chunk(2))
        found = (findings @ impressions.T).argmax(1).cpu() == torch.arange(len(records))
        return {"matched": found.float().mean().item()}

    def save(self, folder: Path, facts: dict[str, Any]) -> None:
        save_text(self.objective.text, folder, facts)


def _with_both_sections(records: list[Record]) -> list[Record]:
    return [record for record in records if record.study is not None or (record.findings and record.impression)]
