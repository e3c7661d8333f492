"""The joint phase: films and texts in one space.

Published: the symmetric global contrastive loss and masked-language modelling; with the local loss over tokens it is
BioViL-L. What needs the truth of phantoms (box supervision, negatives told apart by truth, contradicting texts) is an
option of its own.

Letters in shapes: b films, m texts, l patches, p projection size; those of this process, or of all where said.
"""

import math
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from .. import reports
from ..checkpoint import save_image, save_text
from ..config import Config, JointConfig
from ..data import FilmStore, Record
from ..data.films import View, coverage
from ..distributed import Processes, gathered
from ..evaluate import quick_figures
from ..models import ImageModel, TextModel
from ..objectives import (
    box_loss,
    contradiction_loss,
    cosines,
    local_similarity,
    masked_info_nce,
    token_similarity,
    wording_loss,
)
from ..order import numbers_of_batch
from ..study import Fact, Statement
from ..texts import joined, seeded, texts_of
from ..tokenizer import Tokenizer, mask_tokens
from .masked import MaskedObjective
from .phase import Batch, decayed

# InfoNCE's scale is not learned beyond this, as in CLIP.
LARGEST_SCALE = 100.0
BOX_SCALE = 10.0
# Held-out studies that figures while training are of.
VALIDATED = 300


class JointObjective(nn.Module):
    def __init__(self, image: ImageModel, text: TextModel, config: JointConfig) -> None:
        super().__init__()
        self.image, self.text, self.config = image, text, config
        self.masked = MaskedObjective(text)
        scale = torch.tensor(math.log(1 / config.temperature))
        self.log_scale = nn.Parameter(scale, requires_grad=config.learn_temperature)
        image.requires_grad_(not config.freeze_image)
        self.log_box_scale = nn.Parameter(torch.tensor(math.log(BOX_SCALE)), requires_grad=config.box_weight > 0)

    @property
    def scale(self) -> Tensor:
        return self.log_scale.exp().clamp(max=LARGEST_SCALE)

    def train(self, mode: bool = True) -> "JointObjective":
        super().train(mode)
        # Running statistics are part of what stays.
        self.image.train(mode and not self.config.freeze_image)
        return self

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        config = self.config
        with torch.set_grad_enabled(torch.is_grad_enabled() and not config.freeze_image):
            patches = self.image(batch["films"])
        films = patches.mean(1)
        projected = self.text.words(batch["ids"], batch["text_mask"]) if self._needs_words else None
        texts = self.text(batch["ids"], batch["text_mask"]) if projected is None else projected[:, 0]
        parts = self._global(films, texts, batch)
        if config.local_weight:
            parts["local"] = config.local_weight * self._local(patches, texts, projected, batch)
        if config.box_weight and len(batch["box_text"]):
            parts["box"] = config.box_weight * self._box(patches, texts, batch)
        if len(batch["hard_ids"]):
            parts["hard"] = self._hard(films, texts, batch)
        if config.wording_weight:
            parts["wording"] = config.wording_weight * self._wording(batch)
        if config.mlm_weight:
            parts["mlm"] = config.mlm_weight * self.masked(batch)["loss"]
        return {"loss": sum(parts.values()), **parts, "scale": self.scale.detach()}

    @property
    def _needs_words(self) -> bool:
        return self.config.local_weight > 0 and self.config.local == "token"

    def _global(self, films: Tensor, texts: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Over all films and texts of all processes."""
        logits = self.scale * cosines(gathered(films), gathered(texts))
        text, film = masked_info_nce(logits, batch["owner"], batch["true"])
        return {
            "text_given_film": self.config.text_given_film * text,
            "film_given_text": self.config.film_given_text * film,
        }

    def _local(self, patches: Tensor, texts: Tensor, words: Tensor | None, batch: Batch) -> Tensor:
        """Over the films and texts of this process."""
        if words is not None:
            keep = batch["text_mask"].bool()
            wanted = self.config
            options = (wanted.local_attention, wanted.local_pooling, wanted.local_normalise)
            similarity = token_similarity(patches, words[:, 1:], keep[:, 1:], *options)
            chosen = torch.arange(len(texts), device=texts.device)
            scale = wanted.local_scale * wanted.local_pooling or self.scale
        else:
            chosen, scale = batch["local_text"], self.scale
            similarity = local_similarity(patches, texts[chosen], self.config.local_sharpness)
        if not len(chosen):
            return similarity.sum() * 0
        losses = masked_info_nce(scale * similarity, batch["local_owner"][chosen], batch["local_true"][:, chosen])
        return sum(losses) / 2

    def _box(self, patches: Tensor, texts: Tensor, batch: Batch) -> Tensor:
        chosen = batch["box_text"]
        own = patches[batch["local_owner"][chosen]]
        return box_loss(own, texts[chosen], batch["coverage"], self.log_box_scale.exp())

    def _hard(self, films: Tensor, texts: Tensor, batch: Batch) -> Tensor:
        """A film is nearer to its text than to one that contradicts it."""
        of = batch["hard_text"]
        wrong = self.text(batch["hard_ids"], batch["hard_mask"])
        return contradiction_loss(films[batch["local_owner"][of]], texts[of], wrong, self.scale)

    def _wording(self, batch: Batch) -> Tensor:
        texts = self.text(batch["wording_ids"], batch["wording_mask"]).chunk(3)
        return wording_loss(*texts, batch["same"], self.scale)


class JointPhase:
    def __init__(
        self,
        config: Config,
        films: FilmStore,
        records: list[Record],
        held_out: list[Record],
        image: ImageModel,
        text: TextModel,
        tokenizer: Tokenizer,
        processes: Processes,
    ) -> None:
        self.config, self.films, self.records, self.tokenizer = config, films, records, tokenizer
        self.processes = processes
        self.held_out = self._readable(held_out[:VALIDATED]) if processes.first else []
        needed = config.joint
        negatives = (needed.mirrored_negatives, needed.hard_negatives, needed.half_truths)
        by_truth = any((needed.truth_mask, needed.box_weight, *negatives))
        if by_truth and config.data.texts != "statement":
            raise ValueError('truth_mask, box_weight and negatives by truth need data.texts = "statement"')
        if needed.local_weight and needed.local == "sentence" and config.data.texts != "statement":
            raise ValueError('joint.local = "sentence" needs data.texts = "statement"; take "token"')
        self.objective = JointObjective(image, text, config.joint)

    def _readable(self, held_out: list[Record]) -> list[Record]:
        """What cannot be read is left out, and is said now, not when the run is at its end."""
        image = self.config.image
        films = FilmStore([record.film for record in held_out], image.resize, image.crop, None)
        kept = films.check()
        for reason in films.unreadable.values():
            print(f"{reason}; it is left out of the validation", file=sys.stderr)
        return [held_out[i] for i in kept]

    def numbers(self, step: int) -> np.ndarray:
        return numbers_of_batch(len(self.records), self.config, step)

    def batch(self, step: int) -> Batch:
        config, rank = self.config, self.processes.rank
        share = self.processes.share(config.run.batch)
        films = slice(rank * share, (rank + 1) * share)
        # First of all: a film that cannot be read changes the study, and its texts.
        numbers, decoded = self.films.settled(self.numbers(step), films)
        records = [self.records[number] for number in numbers]
        per = config.joint.texts_per_film
        # Every process makes the texts of the whole batch: which of them are true of which films must be known to all.
        written = [
            texts_of(record, config.data.texts, per, seeded(config.seed, step, i)) for i, record in enumerate(records)
        ]
        statements = [statement for some in written for statement in some]
        owner = np.repeat(np.arange(len(records)), per)
        true = self._true(records, statements, owner)

        texts = slice(rank * share * per, (rank + 1) * share * per)
        rng = np.random.default_rng([config.seed, step, rank])
        pixels, views = self.films.views_of(decoded, config.augment, rng)
        own, own_statements = records[films], statements[texts]
        ids, mask = self.tokenizer([statement.text for statement in own_statements])
        batch = {
            "numbers": torch.from_numpy(numbers),
            "films": pixels,
            "ids": ids,
            "text_mask": mask,
            "owner": torch.from_numpy(owner),
            "true": torch.from_numpy(true),
            "local_owner": torch.from_numpy(owner[texts] - rank * share),
            "local_true": torch.from_numpy(true[films, texts]),
        }
        batch |= self._places(own, own_statements, views, owner[texts] - rank * share)
        batch |= self._contradictions(own_statements, own, per, seeded(config.seed, step, rank, 3))
        if config.joint.wording_weight:
            batch |= self._wordings(seeded(config.seed, step, rank, 4))
        if config.joint.mlm_weight:
            # A third of the texts is enough for a loss of this weight.
            some = slice(step % per, None, per)
            masked, positions, truth = mask_tokens(
                ids[some], mask[some], config.masking.probability, self.tokenizer.size, rng
            )
            batch |= {"masked": masked, "mask": mask[some], "positions": positions, "truth": truth}
        return batch

    def _true(self, records: list[Record], statements: list[Statement], owner: np.ndarray) -> np.ndarray:
        """bool [b, m]: texts that are no negatives of a film, being its own, the same, or true by the known facts."""
        if self.config.joint.truth_mask:
            holds: dict[tuple[int, Fact], bool] = {}

            def fact_holds(i: int, fact: Fact) -> bool:
                key = (i, fact)
                if key not in holds:
                    holds[key] = fact.holds(records[i].study)
                return holds[key]

            true = np.array(
                [[all(fact_holds(i, fact) for fact in one.facts) for one in statements] for i in range(len(records))]
            )
        else:
            texts = np.array([statement.text for statement in statements])
            true = np.zeros((len(records), len(texts)), bool)
            for i in range(len(records)):
                true[i] = np.isin(texts, texts[owner == i])
        true[owner, np.arange(len(owner))] = True
        return true

    def _places(
        self, records: list[Record], statements: list[Statement], views: list[View], owner: np.ndarray
    ) -> Batch:
        """Texts of one present finding, and the patches that its boxes cover."""
        grid, single, boxed, covered = self.objective.image.config.grid, [], [], []
        for number, statement in enumerate(statements):
            if len(statement.facts) != 1 or not statement.facts[0].present:
                continue
            single.append(number)
            fact = statement.facts[0]
            record = records[owner[number]]
            finding = record.study.find(fact.label) if self.config.joint.box_weight else None
            if finding is None:
                continue
            boxes = finding.boxes
            if fact.side != finding.side and fact.side is not None and len(boxes) == 2:
                # One side of a finding on both: the patient's right is at the left of the film.
                boxes = (min(boxes) if fact.side == "right" else max(boxes),)
            stored = self.films.to_store(record.film, boxes)
            part = coverage(views[owner[number]].boxes(stored), self.films.crop, grid)
            if part.sum() > 0.05:
                boxed.append(number)
                covered.append(part)
        return {
            "local_text": torch.tensor(single, dtype=torch.int64),
            "box_text": torch.tensor(boxed, dtype=torch.int64),
            "coverage": torch.from_numpy(np.array(covered, np.float32).reshape(len(covered), grid * grid)),
        }

    def _contradictions(
        self, statements: list[Statement], records: list[Record], per: int, rng: random.Random
    ) -> Batch:
        """Texts that are false of a film, each beside the true one that it contradicts."""
        wanted = self.config.joint
        of, texts = [], []
        for number, statement in enumerate(statements):
            study, wrong = records[number // per].study, []
            if wanted.mirrored_negatives and statement.mirrored is not None:
                if not all(fact.mirrored().holds(study) for fact in statement.facts):
                    wrong.append(statement.mirrored)
            if rng.random() < wanted.hard_negatives:
                if other := reports.hard_negatives(statement, rng):
                    wrong.append(rng.choice(other))
            # Nothing is drawn where it is off: phases without it stay the phases that they were.
            if wanted.half_truths and rng.random() < wanted.half_truths:
                if false := reports.false_negation(study, rng):
                    wrong.append(joined(rng.sample([statement, false], 2)).text)
            of += [number] * len(wrong)
            texts += wrong
        if not texts:
            nothing = torch.zeros(0, dtype=torch.int64)
            return {"hard_text": nothing, "hard_ids": nothing, "hard_mask": nothing}
        ids, mask = self.tokenizer(texts)
        return {"hard_text": torch.tensor(of), "hard_ids": ids, "hard_mask": mask}

    def _wordings(self, rng: random.Random) -> Batch:
        """Texts, other wordings of the same, and contradictions [3k, t]; which of them say the same [k, 2k]."""
        kinds = reports.KINDS
        each = max(1, self.processes.share(self.config.joint.wordings) // len(kinds))
        made = [one for kind in kinds for one in reports.triplets(rng, each, kind)]
        anchors, others, wrong = ([getattr(one, part) for one in made] for part in ("anchor", "positive", "negative"))
        ids, mask = self.tokenizer([one.text for one in anchors + others + wrong])
        facts = [frozenset(one.facts) for one in anchors + others + wrong]
        same = [[mine == other for other in facts[len(made) :]] for mine in facts[: len(made)]]
        return {"wording_ids": ids, "wording_mask": mask, "same": torch.tensor(same)}

    def parameter_groups(self) -> list[dict]:
        wanted = self.config.optimiser
        rate = wanted.text_learning_rate or wanted.learning_rate
        scales = [one for one in (self.objective.log_scale, self.objective.log_box_scale) if one.requires_grad]
        groups = decayed(self.objective.image) + decayed(self.objective.text, lr=rate)
        return groups + ([{"params": scales, "weight_decay": 0.0}] if scales else [])

    def validate(self, device: torch.device) -> dict[str, float]:
        if not self.held_out:
            return {}
        return quick_figures(self.objective.image, self.objective.text, self.tokenizer, self.held_out, device)

    def save(self, folder: Path, facts: dict[str, Any]) -> None:
        save_text(self.objective.text, folder, facts)
        save_image(self.objective.image, folder, facts)
