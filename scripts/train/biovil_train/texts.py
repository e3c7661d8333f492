"""The texts of records, as the phases take them."""

import random
import re
from collections.abc import Callable

from . import reports
from .data import Record
from .study import Statement

# The part of studies of which one text is two statements: reports are longer than sentences.
JOINED = 0.3
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


def seeded(*key: int) -> random.Random:
    """A generator for a place in a run: (seed, step, number, …)."""
    return random.Random(":".join(map(str, key)))


def sentences(text: str) -> list[str]:
    """Without the numbers of a list, which stand alone between two full stops."""
    return [part for part in SENTENCE_END.split(text.strip()) if any(letter.isalpha() for letter in part)]


def shuffled(text: str, rng: random.Random) -> str:
    """The sentences of a section in another order."""
    parts = sentences(text)
    rng.shuffle(parts)
    return " ".join(parts)


def general(record: Record, rng: random.Random) -> str:
    return reports.general_text(rng)


def report(record: Record, rng: random.Random) -> str:
    """The report; a phantom's is written anew, in other words."""
    return reports.radiology_text(record.study, rng) if record.study is not None else record.report


def sentence(record: Record, rng: random.Random) -> str:
    return rng.choice(sentences(report(record, rng)) or [""])


def statement(record: Record, rng: random.Random) -> str:
    return reports.statements(_truth(record), rng, 1)[0].text


KINDS: dict[str, Callable[[Record, random.Random], str]] = {
    "general": general,
    "report": report,
    "sentence": sentence,
    "statement": statement,
}


def texts_of(record: Record, kind: str, count: int, rng: random.Random) -> list[Statement]:
    """`count` texts; what they state is known for statements alone."""
    if kind == "statement":
        made = list(reports.statements(_truth(record), rng, count + 1))
        if rng.random() < JOINED:
            made[-2:] = [joined(made[-2:])]
        return made[:count]
    return [Statement(KINDS[kind](record, rng), ()) for _ in range(count)]


def joined(some: list[Statement]) -> Statement:
    """Several statements as one text that says all of it."""
    facts = tuple(dict.fromkeys(fact for one in some for fact in one.facts))
    return Statement(" ".join(one.text for one in some), facts)


def sections(record: Record, rng: random.Random) -> tuple[str, str]:
    """Findings and impression."""
    if record.study is None:
        return record.findings, record.impression
    written = reports.report(record.study, rng)
    return written.findings_text, written.impression_text


def _truth(record: Record):
    if record.study is None:
        raise ValueError('data.texts = "statement" needs the truth of phantoms; take "sentence" or "report"')
    return record.study
