"""Phase I, first half: a WordPiece vocabulary learned from the texts."""

from pathlib import Path

from ..config import Config
from ..data import Record
from ..progress import Progress
from ..texts import KINDS, seeded
from ..tokenizer import learn_vocabulary, write_tokenizer


def learn(config: Config, records: list[Record], folder: Path) -> int:
    """Writes the tokenizer's files and returns the number of pieces."""
    wanted = config.vocabulary
    kinds = ("general", "report") if config.data.texts == "general" else (config.data.texts,)

    def texts():
        with Progress("reading texts", wanted.texts) as progress:
            for number in range(wanted.texts):
                record = records[number % len(records)]
                yield KINDS[kinds[number % len(kinds)]](record, seeded(config.seed, number))
                progress.update(number + 1)

    pieces = learn_vocabulary(texts(), wanted.size, wanted.min_frequency)
    write_tokenizer(pieces, folder)
    return len(pieces)
