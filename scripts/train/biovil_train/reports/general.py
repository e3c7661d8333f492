"""Broader language of chest imaging and medicine, for pre-training on text alone."""

from functools import cache
from pathlib import Path
from random import Random

from biovil_train.reports.general_tables import PROSE, REPORT_LINES, SMALL
from biovil_train.reports.grammar import pick, sentence_case, tidy

_TERMS = Path(__file__).parent / "terms"


@cache
def facts() -> tuple[str, ...]:
    """Plain facts of imaging and medicine, one a line."""
    return tuple((_TERMS / "facts.txt").read_text("utf-8").splitlines())


@cache
def terms(name: str) -> tuple[str, ...]:
    if name in SMALL:
        return SMALL[name]
    return tuple(term.strip() for term in (_TERMS / f"{name}.txt").read_text("utf-8").split(";"))


def _sentence(rng: Random, table: tuple[str, ...]) -> str:
    return sentence_case(tidy(pick(rng, table, lambda slot: rng.choice(terms(slot)))))


def general_text(rng: Random) -> str:
    """A few sentences: like a report, like a paper, or plain facts."""
    kind = rng.random()
    if kind < 0.5:
        return " ".join(_sentence(rng, REPORT_LINES) for _ in range(rng.randint(1, 6)))
    if kind < 0.8:
        return " ".join(_sentence(rng, PROSE) for _ in range(rng.randint(1, 4)))
    # Facts have few choices: each is read on its own so that a paragraph is not learned by heart.
    return " ".join(_sentence(rng, (line,)) for line in rng.sample(facts(), rng.randint(1, 2)))
