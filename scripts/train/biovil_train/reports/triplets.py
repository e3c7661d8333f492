"""Sentences with a paraphrase and a contradiction, to measure and to train the understanding of text."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from biovil_train.reports.flip_frames import CHANGE_SAID
from biovil_train.reports.flips import Turning, turning
from biovil_train.reports.grammar import expand
from biovil_train.reports.mixed import other_lung
from biovil_train.reports.negatives import absent_noun, negative, negatives, resolved, still_absent
from biovil_train.reports.positives import positive
from biovil_train.reports.style import statement
from biovil_train.reports.wording import ATTRIBUTES, Noun, Telling, available, fill_noun
from biovil_train.study import BOTH, CHANGES, LABELS, LEFT, RIGHT, Fact, Finding, Statement

KINDS = ("side", "negation", "severity", "change", "synonym")
_TRIES = 60


@dataclass(frozen=True)
class Triplet:
    """The positive says the same as the anchor in other words; the negative contradicts it (of another label for
    "synonym": it says something else).
    """

    kind: str
    anchor: Statement
    positive: Statement
    negative: Statement

    @property
    def texts(self) -> tuple[str, str, str]:
        return self.anchor.text, self.positive.text, self.negative.text


# The same frame with and without the finding.
_PAIRS = (
    ("there {is} {np}.", "there {is} no {bare}."),
    ("{np} {is} seen.", "no {bare} {is} seen."),
    ("{np} {is} present.", "{bare} {is} not present."),
    ("{np} {is} identified.", "no {bare} {is} identified."),
    ("evidence of {np}.", "no evidence of {bare}."),
    ("positive for {bare}.", "negative for {bare}."),
    ("{np}.", "no {bare}."),
    ("signs of {bare}.", "no signs of {bare}."),
    ("the film shows {np}.", "the film shows no {bare}."),
    ("the patient has {np}.", "the patient does not have {bare}."),
    ("findings consistent with {bare}.", "findings not consistent with {bare}."),
    ("{np} {is} visible.", "{np} {is} not visible."),
    ("with {bare}.", "without {bare}."),
)


def random_finding(rng: Random, label: str) -> Finding:
    of = LABELS[label]
    changes = ("new", "unchanged") if of.device else CHANGES

    def one(values: tuple[str, ...]) -> str | None:
        return rng.choice(values) if values else None

    return Finding(label, one(of.sides), one(of.zones), one(of.severities), rng.choice(changes))


def _in(frame: str, noun: Noun, telling: Telling, rng: Random) -> Statement:
    raw = expand(frame, rng, fill_noun(noun, telling))
    return statement(raw, (telling.fact(),), rng, noisy=False)


def _said(fact: Fact) -> set[str]:
    return {name for name in ATTRIBUTES if getattr(fact, name) is not None}


def _paraphrase(of: Statement, make: Callable[[], Statement]) -> Statement | None:
    for _ in range(_TRIES):
        other = make()
        if other.facts == of.facts and other.text.lower().rstrip(".") != of.text.lower().rstrip("."):
            return other
    return None


def _side(rng: Random) -> Triplet | None:
    label = rng.choice([name for name in LABELS if LABELS[name].sides])
    finding = replace(random_finding(rng, label), side=rng.choice((LEFT, RIGHT)))
    detail = {"side"} | {name for name in ("zone", "severity") if rng.random() < 0.3}
    contrast = other_lung(finding, rng, noisy=False) if rng.random() < 0.15 else None
    if contrast:
        # Only what is there counts: the paraphrase is silent of the other side.
        anchor = replace(contrast, facts=contrast.facts[:1])
        detail = _said(anchor.facts[0])
    else:
        anchor = positive(finding, rng, detail=detail, noisy=False)
    same = _paraphrase(anchor, lambda: positive(finding, rng, detail=detail, noisy=False))
    if same is None or anchor.mirrored is None:
        return None
    facts = tuple(fact.mirrored() for fact in anchor.facts)
    return Triplet("side", anchor, same, Statement(anchor.mirrored, facts, anchor.text))


def _negation(rng: Random) -> Triplet | None:
    label = rng.choice(list(LABELS))
    if rng.random() < 0.6:
        return _turned(rng, label)
    noun, telling = absent_noun(label, rng)
    has, lacks = rng.choice(_PAIRS)
    absent = _in(lacks, noun, telling, rng)
    telling.negated = False
    present = _in(has, noun, telling, rng)
    finding = Finding(label)
    if rng.random() < 0.5:
        same = _paraphrase(present, lambda: positive(finding, rng, detail=(), noisy=False))
        return same and Triplet("negation", present, same, absent)
    same = _paraphrase(absent, lambda: negative(label, rng, noisy=False))
    return same and Triplet("negation", absent, same, present)


def _turned(rng: Random, label: str) -> Triplet | None:
    """A statement against the one that a word or two make of it."""
    kind = rng.choice(("plain", "plain", "gone", "lasts", "arisen"))
    present = rng.random() < 0.5
    anchor = turning(Finding(label), rng, kind, present=present, noisy=False)
    if anchor is None or anchor.turned is None:
        return None
    finding = Finding(label, change=CHANGE_SAID[kind])
    absent = {"plain": negative, "arisen": still_absent}.get(kind, resolved)

    def again() -> Statement:
        if not present:
            return absent(label, rng, noisy=False)
        return positive(finding, rng, detail=("change",) if finding.change else (), noisy=False)

    same = _paraphrase(anchor, again)
    return same and Triplet("negation", anchor, same, anchor.turned)


def _differing(rng: Random, attribute: str) -> Triplet | None:
    """The same wording but for one attribute: the random numbers are drawn again from the same seed."""
    label = rng.choice([name for name in LABELS if attribute == "change" or LABELS[name].severities])
    finding = random_finding(rng, label)
    values = (("new", "unchanged") if LABELS[label].device else CHANGES) if attribute == "change" else None
    values = values or LABELS[label].severities
    other = replace(finding, **{attribute: rng.choice([v for v in values if v != getattr(finding, attribute)])})
    detail = {attribute} | ({"side"} & available(finding) if rng.random() < 0.4 else set())
    seed = rng.getrandbits(48)
    anchor = positive(finding, Random(seed), detail=detail, noisy=False)
    against = positive(other, Random(seed), detail=detail, noisy=False)
    same = _paraphrase(anchor, lambda: positive(finding, rng, detail=detail, noisy=False))
    return same and Triplet(attribute, anchor, same, against)


def _synonym(rng: Random) -> Triplet | None:
    label, other = rng.sample(list(LABELS), 2)
    detail: set[str] = set()
    if LABELS[label].sides and LABELS[other].sides and rng.random() < 0.5:
        detail = {"side"}
    side = rng.choice((LEFT, RIGHT)) if detail else None
    has = rng.choice(_PAIRS)[0]
    first, second = (Telling(Finding(name, side), rng, detail) for name in (label, other))
    anchor, against = (_in(has, telling.noun(), telling, rng) for telling in (first, second))
    same = _paraphrase(anchor, lambda: positive(Finding(label, side), rng, detail=detail, noisy=False))
    return same and Triplet("synonym", anchor, same, against)


def triplet(rng: Random, kind: str) -> Triplet:
    makers = {"side": _side, "negation": _negation, "synonym": _synonym}
    while True:
        made = makers[kind](rng) if kind in makers else _differing(rng, kind)
        if made:
            return made


def triplets(rng: Random, count: int, kind: str) -> list[Triplet]:
    return [triplet(rng, kind) for _ in range(count)]


_FLIPS = (
    (re.compile(r"^There (is|are) no ", re.I), r"There \1 "),
    (re.compile(r"^No evidence of ", re.I), "Evidence of "),
    (re.compile(r"^Negative for ", re.I), "Positive for "),
    (re.compile(r"^Without ", re.I), "With "),
    (re.compile(r"^There (is|are) (?:an? )?", re.I), r"There \1 no "),
    (re.compile(r"^Evidence of (?:an? )?", re.I), "No evidence of "),
    (re.compile(r"^Positive for (?:an? )?", re.I), "Negative for "),
)
_UNFLIPPABLE = re.compile(
    r"\b(?:no|not|nothing|never|without|absence|either|bilaterally|left or right|unchanged|new|prior|now|interval)\b",
    re.I,
)


def _flipped(text: str) -> str | None:
    """The same words with the opposite meaning, where that is safe."""
    for pattern, by in _FLIPS:
        if pattern.match(text):
            flipped = pattern.sub(by, text, count=1)
            rest = text[pattern.match(text).end() :]
            return None if _UNFLIPPABLE.search(rest) else flipped
    return None


def _finding_of(fact: Fact) -> Finding:
    return Finding(fact.label, fact.side, fact.zone, fact.severity, fact.change)


def contradictions(of: Statement, rng: Random) -> list[Statement]:
    """Statements that cannot be true where this one is."""
    out = []
    present = [fact for fact in of.facts if fact.present]
    absent = [fact for fact in of.facts if not fact.present]
    if of.mirrored is not None and present and all(fact.side != BOTH for fact in present):
        # One side of a finding on both sides is also true of the other.
        out.append(Statement(of.mirrored, tuple(fact.mirrored() for fact in of.facts), of.text))
    if isinstance(of, Turning) and of.turned:
        out.append(of.turned)
    elif len(of.facts) == 1:
        flipped = _flipped(of.text)
        fact = of.facts[0]
        if flipped and not _said(fact):
            out.append(Statement(flipped, (replace(fact, present=not fact.present),)))
    if absent:
        fact = rng.choice(absent)
        out.append(positive(_finding_of(fact), rng, detail=_said(fact), noisy=False))
    if present:
        fact = rng.choice(present)
        if rng.random() < 0.5 and len(present) > 1:
            out.append(negatives(rng.sample([fact.label for fact in present], 2), rng, noisy=False))
        else:
            sided = fact.side in (LEFT, RIGHT) and rng.random() < 0.5
            out.append(negative(fact.label, rng, fact.side if sided else None, noisy=False))
        out.extend(_other_value(fact, rng))
    return out


def _other_value(fact: Fact, rng: Random) -> list[Statement]:
    """The same finding with another severity, zone or change: a film has at most one of each label."""
    of = LABELS[fact.label]
    tables = {"severity": of.severities, "zone": of.zones, "change": CHANGES}
    said = [name for name in tables if getattr(fact, name) is not None]
    if not said:
        return []
    name = rng.choice(said)
    values = ("new", "unchanged") if of.device and name == "change" else tables[name]
    others = [value for value in values if value != getattr(fact, name)]
    finding = replace(_finding_of(fact), **{name: rng.choice(others)})
    return [positive(finding, rng, detail=_said(fact), noisy=False)]


def hard_negatives(of: Statement, rng: Random) -> list[str]:
    """Texts that contradict the statement, some of them in nearly its own words."""
    return [other.text for other in contradictions(of, rng)]
