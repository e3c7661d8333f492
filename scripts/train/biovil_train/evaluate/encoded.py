"""Films and texts of held-out studies, embedded once.

Letters in shapes: n films, l patches, p projection size, m texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from ..data import FilmStore, Record
from ..models import ImageModel, TextModel
from ..progress import Progress
from ..study import Finding
from ..tokenizer import Tokenizer

Figures = dict[str, float]


@dataclass(frozen=True)
class Encoded:
    """Films of some records: patches float32 [n, l, p] and global [n, p], both of length 1."""

    records: list[Record]
    store: FilmStore
    patches: np.ndarray
    globals: np.ndarray
    # Of the smoothing, in patches.
    sigma: float = 1.5

    @property
    def grid(self) -> int:
        return isqrt(self.patches.shape[1])

    def boxes(self, i: int, finding: Finding) -> np.ndarray:
        """[boxes, 4] in pixels of the crop"""
        margin = round((self.store.side - self.store.crop) / 2)
        stored = np.array(self.store.to_store(self.records[i].film, finding.boxes))
        return stored - [margin, margin, 0, 0]


@torch.no_grad()
def encode_films(image: ImageModel, records: list[Record], device: torch.device, cache: Path | None = None) -> Encoded:
    store = FilmStore([record.film for record in records], image.config.resize, image.config.crop, cache)
    image.eval()
    patches, means = [], []
    with Progress("encoding films", len(records)) as progress:
        for start in range(0, len(records), 32):
            numbers = range(start, min(start + 32, len(records)))
            batch = image(store.centre(numbers).to(device))
            patches.append(F.normalize(batch, dim=2).cpu().numpy())
            means.append(F.normalize(batch.mean(1), dim=1).cpu().numpy())
            progress.update(numbers.stop)
    return Encoded(records, store, np.concatenate(patches), np.concatenate(means), image.config.sigma)


class Texts:
    """Embeds texts, each once."""

    def __init__(self, model: TextModel, tokenizer: Tokenizer, device: torch.device) -> None:
        self.model, self.tokenizer, self.device = model.eval(), tokenizer, device
        self._known: dict[str, np.ndarray] = {}

    @torch.no_grad()
    def __call__(self, texts: Sequence[str], normalise: bool = True) -> np.ndarray:
        """float32 [m, p]"""
        new = sorted(set(texts) - set(self._known), key=len)
        for start in range(0, len(new), 128):
            some = new[start : start + 128]
            ids, mask = (tensor.to(self.device) for tensor in self.tokenizer(some))
            self._known.update(zip(some, self.model(ids, mask).cpu().numpy(), strict=True))
        rows = np.stack([self._known[text] for text in texts])
        return unit(rows) if normalise else rows

    def ensemble(self, prompts: Sequence[str]) -> np.ndarray:
        """The mean of embeddings as they are, then of length 1: [p]"""
        return unit(self(prompts, normalise=False).mean(0))


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)
