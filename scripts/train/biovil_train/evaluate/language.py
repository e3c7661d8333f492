"""What the text encoder understands alone: triplets and masked words."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .. import reports
from ..data import Record
from ..models import TextModel
from ..texts import seeded, sentence
from ..tokenizer import MASK, Tokenizer
from .encoded import Figures, Texts


def triplets(texts: Texts, count: int, seed: int) -> Figures:
    """The part of (anchor, positive, negative) in which the anchor is nearer to the positive."""
    sets = {
        kind: [one.texts for one in made]
        for kind in ("side", "negation")
        if (made := reports.triplets(random.Random(seed), count, kind))
    }
    return {name: right_triplets(texts, some) for name, some in sets.items()}


def handwritten(texts: Texts, path: Path, name: str) -> Figures:
    """The same of triplets that people wrote, in all and by kind."""
    written = json.loads(path.read_text(encoding="utf-8"))
    sets = {name: written}
    for one in written:
        sets.setdefault(f"{name}.{one['kind']}", []).append(one)
    return {
        name: right_triplets(texts, [(one["anchor"], one["positive"], one["negative"]) for one in some])
        for name, some in sets.items()
    }


def right_triplets(texts: Texts, some: Sequence[Sequence[str]]) -> float:
    anchor, positive, negative = (texts([one[i] for one in some]) for i in range(3))
    return float(((anchor * positive).sum(1) > (anchor * negative).sum(1)).mean())


@dataclass(frozen=True)
class MaskedText:
    """A sentence in which some words are [MASK], and these words: each is one piece of the vocabulary."""

    text: str
    answer: list[str]


def masked_texts(records: list[Record], tokenizer: Tokenizer) -> list[MaskedText]:
    """A sentence of each report with 15 % of its words masked, at least one."""
    found = []
    for record in records:
        rng = seeded(record.study.seed, 5)
        words = sentence(record, rng).split()
        known = [i for i, word in enumerate(words) if word.isalpha() and tokenizer.is_piece(word.lower())]
        if len(words) < 4 or not known:
            continue
        chosen = sorted(rng.sample(known, min(len(known), max(1, round(0.15 * len(words))))))
        answer = [words[i].lower() for i in chosen]
        text = " ".join("[MASK]" if i in chosen else word for i, word in enumerate(words))
        found.append(MaskedText(text, answer))
    return found


@torch.no_grad()
def mask_accuracy(model: TextModel, tokenizer: Tokenizer, records: list[Record], device: torch.device) -> Figures:
    """Top-1 of masked words."""
    model.eval()
    items = masked_texts(records, tokenizer)
    ids, mask = tokenizer([item.text for item in items])
    positions = (ids == MASK).flatten().nonzero().flatten()
    found = model.masked_logits(ids.to(device), mask.to(device), positions.to(device)).argmax(1).tolist()
    truth = [tokenizer.piece_id(word) for item in items for word in item.answer]
    return {"maskAccuracy": float(np.mean(np.array(found) == np.array(truth)))}
