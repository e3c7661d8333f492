"""Sentences that say findings are not there."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import cache
from random import Random

from biovil_train.reports import negative_tables as tables
from biovil_train.reports import positive_frames
from biovil_train.reports.flips import turning
from biovil_train.reports.grammar import expand, pick, slots
from biovil_train.reports.style import statement
from biovil_train.reports.wording import Noun, Telling, fill_noun
from biovil_train.study import LABELS, LEFT, RIGHT, Fact, Finding, Statement, Study

# The part of the negations that a word or two would turn into the contrary.
_TURNING = 0.5


def absent_noun(label: str, rng: Random, side: str | None = None) -> tuple[Noun, Telling]:
    """What is missing; the side is always said where one is given."""
    assert side is None or {LEFT, RIGHT} <= set(LABELS[label].sides), f"{label} has no side"
    for _ in range(20):
        telling = Telling(Finding(label, side), rng, ("side",), negated=True)
        noun = telling.noun()
        if ("side" in telling.said) == (side is not None):
            break
    return noun, telling


def _fill(noun: Noun, telling: Telling) -> Callable[[str], str]:
    inner = fill_noun(noun, telling)

    def fill(slot: str) -> str:
        if slot == "any":
            return f"any {noun.bare}" if noun.mass or noun.plural else f"a {noun.bare}"
        return inner(slot)

    return fill


@cache
def _sentences(label: str) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((line, slots(line)) for line in tables.SENTENCES[label])


def negative(label: str, rng: Random, side: str | None = None, *, noisy: bool = True) -> Statement:
    """That there is none, or none on that side."""
    if rng.random() < _TURNING:
        turned = turning(Finding(label, side), rng, "plain", present=False, sided=side is not None, noisy=noisy)
        if turned:
            return turned
    telling = Telling(Finding(label, side), rng, ("side",), negated=True)
    fitting = [line for line, names in _sentences(label) if telling.fits(names) and bool(names) == (side is not None)]
    if fitting and rng.random() < (0.2 if side else 0.35):
        raw = expand(rng.choice(fitting), rng, telling)
    else:
        noun, telling = absent_noun(label, rng, side)
        if side is None and LABELS[label].sides and rng.random() < 0.08:
            noun = replace(noun, text=f"{noun.text} {rng.choice(tables.EITHER)}")
        raw = pick(rng, tables.FRAMES, _fill(noun, telling))
    if noisy and rng.random() < 0.04:
        raw = expand(rng.choice(positive_frames.LEADS), rng) + raw
    fact = Fact(label, False, side)
    return statement(raw, (fact,), rng, noisy)


def resolved(label: str, rng: Random, *, noisy: bool = True) -> Statement:
    """That it was in the prior film and is gone."""
    if rng.random() < _TURNING:
        turned = turning(Finding(label), rng, rng.choice(("gone", "gone", "lasts")), present=False, noisy=noisy)
        if turned:
            return turned
    noun, telling = absent_noun(label, rng)
    table = tables.REMOVED if LABELS[label].device else tables.RESOLVED
    if label == "endotracheal tube" and rng.random() < 0.4:
        table = tables.EXTUBATED
    return statement(pick(rng, table, _fill(noun, telling)), (Fact(label, False),), rng, noisy)


def still_absent(label: str, rng: Random, *, noisy: bool = True) -> Statement:
    """That it was not in the prior film and is not in this one."""
    turned = turning(Finding(label), rng, "arisen", present=False, noisy=noisy)
    return turned or negative(label, rng, noisy=noisy)


_JOINT_FRAMES = (
    "no {list}.",
    "no {list}.",
    "no {list}.",
    "there {is} no {list}.",
    "there {is} no {list}.",
    "no evidence of {list}.",
    "there is no [evidence|sign|suggestion] of {list}.",
    "no {list} {is} [seen|identified|noted|present|detected].",
    "no [definite|obvious|] {list}.",
    "without [evidence of|] {list}.",
    "negative for {list}.",
    "free of {list}.",
    "absence of {list}.",
    "the [film|study|radiograph] shows no {list}.",
)


def listed(words: Sequence[str], joint: str, comma: str = ",") -> str:
    if len(words) < 3:
        return f" {joint} ".join(words)
    return ", ".join(words[:-1]) + f"{comma} {joint} {words[-1]}"


def negatives(labels: Iterable[str], rng: Random, *, noisy: bool = True) -> Statement:
    """One sentence that says there is none of these."""
    labels = tuple(labels)
    if len(labels) == 1:
        return negative(labels[0], rng, noisy=noisy)
    whole = next((lines for said, lines in tables.JOINT if set(said) == set(labels)), None)
    if whole and rng.random() < 0.6:
        raw = pick(rng, whole)
    else:
        nouns = [absent_noun(label, rng)[0] for label in labels]
        if len(nouns) == 2 and rng.random() < 0.12:
            raw = f"neither {nouns[0].bare} nor {nouns[1].bare} [seen|present|identified|]."
            raw = expand(raw, rng)
        else:
            words = listed([noun.bare for noun in nouns], "or", rng.choice((",", ",", "")))
            agreed = "are" if nouns[0].plural else "is"
            raw = pick(rng, _JOINT_FRAMES, {"list": words, "is": agreed}.__getitem__)
    return statement(raw, (Fact(label, False) for label in labels), rng, noisy)


def joint_of(absent: Iterable[str], rng: Random, *, noisy: bool = True) -> Statement | None:
    """A set phrase about several labels that fits what is absent."""
    absent = set(absent)
    fitting = [(said, lines) for said, lines in tables.JOINT if absent.issuperset(said)]
    if not fitting:
        return None
    return none_of(*rng.choice(fitting), rng, noisy=noisy)


def none_of(said: Iterable[str], lines: Sequence[str], rng: Random, *, noisy: bool = True) -> Statement:
    """One of the set phrases `lines`, which say that none of these labels is there."""
    return statement(pick(rng, lines), (Fact(label, False) for label in said), rng, noisy)


def false_negation(study: Study, rng: Random) -> Statement | None:
    """That something is absent which is there: a set phrase ("the lungs are clear"), or of one finding alone."""
    present = {finding.label for finding in study.findings}
    if not present:
        return None
    phrases = [(said, lines) for said, lines in tables.JOINT if not present.isdisjoint(said)]
    if not phrases or rng.random() < 0.4:
        return negative(rng.choice(sorted(present)), rng, noisy=False)
    return none_of(*rng.choice(phrases), rng, noisy=False)
