"""Sentences that say one finding is there and another is not, or is not on the other side."""

from random import Random

from biovil_train.reports.grammar import expand
from biovil_train.reports.negatives import absent_noun
from biovil_train.reports.style import statement
from biovil_train.reports.wording import Telling, fill_noun, some_detail
from biovil_train.study import LABELS, LEFT, RIGHT, Fact, Finding, Statement, Study, opposite

_FRAMES: tuple[str, ...] = (
    "{np} without {absent}.",
    "{np} without [evidence of|associated|accompanying|] {absent}.",
    "{np}, no {absent}.",
    "there {is} {np} but no {absent}.",
    "there {is} {np}, [with no|without] {absent}.",
    "{np} {is} [seen|present|noted], but no {absent} {is_absent} [seen|identified|present].",
    "[although|while] there {is} {np}, there {is_absent} no {absent}.",
    "{np}; {absent} {is_absent} not [seen|identified|present].",
    "no {absent}, but there {is} {np}.",
    "{bare} rather than {absent}.",
    "findings [favor|suggest] {np} rather than {absent}.",
    "{np}. no {absent}.",
    "{np} with no [evidence|sign|signs] of {absent}.",
    "[aside from|apart from|other than] {np}, no {absent} {is_absent} [seen|identified].",
    "negative for {absent}, positive for {bare}.",
)
_OTHER_SIDE: tuple[str, ...] = (
    "{np}, [none|nothing similar] on the {other}.",
    "{np}, with no {absent}.",
    "there {is} {np} but no {absent}.",
    "{np}; no {absent}.",
    "{np} {is} seen, no {absent}.",
    "{np}. there is no {absent}.",
)
# The other lung is as it should be.
_OTHER_LUNG: tuple[str, ...] = (
    "{np}; the {other} lung is [clear|unremarkable|normal|spared].",
    "{np}, the {other} [lung|side] being [clear|unremarkable|spared|normal].",
    "[while|whereas] the {other} lung [is|remains|stays] [clear|normal], there {is} {np}.",
    "the {other} lung is [clear|normal|well aerated]; there {is} {np}.",
    "clear {other} lung. {np}.",
    "{other} lung clear. {np}.",
    "{np} with [a|] [clear|normal] {other} lung.",
    "[unlike|in contrast to] the {other} [side|lung], which is clear, there {is} {np}.",
    "{other} side clear, but {np}.",
    "the {other} hemithorax is [clear|unremarkable]; {np} {is} [seen|present|noted].",
)
LUNG = tuple(name for name, label in LABELS.items() if label.sides and not label.device)


def other_lung(finding: Finding, rng: Random, *, noisy: bool = True) -> Statement | None:
    """Of a finding of one lung: that it is there, and that the other lung is clear."""
    if finding.label not in LUNG or finding.side not in (LEFT, RIGHT):
        return None
    telling = Telling(finding, rng, some_detail(finding, rng) | {"side"})
    inner = fill_noun(telling.noun(), telling)
    if "side" not in telling.said:
        return None
    raw = expand(rng.choice(_OTHER_LUNG), rng, inner)
    clear = (*(Fact(name, False, opposite(finding.side)) for name in LUNG), Fact("edema", False))
    return statement(raw, (telling.fact(), *clear), rng, noisy)


def mixed(study: Study, rng: Random, *, noisy: bool = True) -> Statement | None:
    """Of a study with a finding and with a label that is absent."""
    if not study.findings:
        return None
    finding = rng.choice(study.findings)
    detail = some_detail(finding, rng)
    one_sided = finding.side in (LEFT, RIGHT)
    other_side = one_sided and rng.random() < 0.3
    if other_side:
        contrast = other_lung(finding, rng, noisy=noisy) if rng.random() < 0.5 else None
        if contrast and contrast.holds(study):
            return contrast
        label, side = finding.label, opposite(finding.side)
        detail |= {"side"}
    else:
        same_kind = [name for name in study.absent if LABELS[name].device == LABELS[finding.label].device]
        if not same_kind:
            return None
        label, side = rng.choice(same_kind), None
    telling = Telling(finding, rng, detail)
    noun = telling.noun()
    absent, about = absent_noun(label, rng, side)
    inner = fill_noun(noun, telling)
    others = {"absent": absent.bare, "is_absent": "are" if absent.plural else "is"}
    frame = rng.choice(_OTHER_SIDE if other_side and "side" in telling.said else _FRAMES)
    raw = expand(frame, rng, lambda slot: others[slot] if slot in others else inner(slot))
    return statement(raw, (telling.fact(), about.fact()), rng, noisy)
