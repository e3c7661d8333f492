"""From raw text with marks to what is read: casing, stops, dropped articles and slips of the pen."""

import re
from collections.abc import Iterable
from random import Random

from biovil_train.reports.grammar import has_marks, sentence_case, tidy, write_marks
from biovil_train.study import BOTH, Fact, Statement

# Never misspelt: they decide what is said.
_KEPT = re.compile(
    r"[<>=\d]|^(?:not?|without|absen|neither|never|free|negative|positive|normal|abnormal|clear|upper|lower|middle|"
    r"resol|unresol|incompl|complet|compens|decompens|intub|extub|explant|implant|remain|remov|nothing|something)",
    re.I,
)


def _typo(word: str, rng: Random) -> str:
    at = rng.randrange(1, len(word) - 2)
    kind = rng.randrange(3)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    return word[:at] + word[at] + word[at:]


def _with_slip(raw: str, rng: Random) -> str:
    words = raw.split(" ")
    places = [at for at, word in enumerate(words) if len(word) > 6 and word.isalpha() and not _KEPT.search(word)]
    if places:
        at = rng.choice(places)
        words[at] = _typo(words[at], rng)
    return " ".join(words)


def _telegraphic(raw: str) -> str:
    return re.sub(r"\b(?:a|an|the) (?!little|\w+ (?:amount|volume|quantity)\b)", "", raw)


def statement(raw: str, facts: Iterable[Fact], rng: Random, noisy: bool = True) -> Statement:
    """The raw text written out, and written out for the other side."""
    chance = rng.random() if noisy else 1.0
    if chance < 0.012:
        raw = _with_slip(raw, rng)
    elif chance < 0.05:
        raw = _telegraphic(raw)

    def written(mirrored: bool) -> str:
        text = sentence_case(tidy(write_marks(raw, mirrored)))
        if 0.05 <= chance < 0.11:
            text = text.lower()
        elif 0.11 <= chance < 0.135:
            text = text.upper()
        elif 0.135 <= chance < 0.19:
            text = text.rstrip(".")
        return text

    facts = tuple(facts)
    sided = has_marks(raw) and any(fact.side not in (None, BOTH) for fact in facts)
    return Statement(written(False), facts, written(True) if sided else None)
