"""Phase I, first half: a WordPiece vocabulary learned from the texts."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..config import Config
from ..data import Record
from ..progress import Progress
from ..texts import KINDS, seeded
from ..tokenizer import learn_vocabulary, write_tokenizer


def sampled(records: int, texts: int, seed: int) -> Sequence[int]:
    """Records to take texts of, in turn: all as they come, or, of more than that, some of the whole table."""
    if texts >= records:
        return range(records)
    return np.random.default_rng([seed, 11]).permutation(records)[:texts].tolist()


def learn(config: Config, records: list[Record], folder: Path) -> int:
    """Writes the tokenizer's files and returns the number of pieces."""
    wanted = config.vocabulary
    order = sampled(len(records), wanted.texts, config.seed)
    kinds = ("general", "report") if config.data.texts == "general" else (config.data.texts,)

    def texts():
        with Progress("reading texts", wanted.texts) as progress:
            for number in range(wanted.texts):
                record = records[order[number % len(order)]]
                yield KINDS[kinds[number % len(kinds)]](record, seeded(config.seed, number))
                progress.update(number + 1)

    pieces = learn_vocabulary(texts(), wanted.size, wanted.min_frequency)
    write_tokenizer(pieces, folder)
    return len(pieces)
