"""Sentences and phrases that say a finding is there."""

import re
from collections.abc import Collection
from functools import cache
from random import Random

from biovil_train.reports import positive_frames as frames
from biovil_train.reports.flips import turning
from biovil_train.reports.grammar import expand, slots
from biovil_train.reports.positive_sentences import SENTENCES
from biovil_train.reports.style import statement
from biovil_train.reports.wording import Head, Telling, available, fill_noun, heads, some_detail
from biovil_train.study import LABELS, Finding, Statement

_TRIES = 40
# The part of the positives, without zone and severity, that a word or two would turn into a negation.
_TURNING = 0.22
# Words of side or zone, also where they are no side of the finding ("right ventricle", "lower SVC").
_PLACED = re.compile(
    r"\b(?:left|right|[LR]|both|bilateral\w*|upper|lower|mid|middle|apical|apex|basal|basilar|bases?|lateral|"
    r"peripheral)\b",
    re.IGNORECASE,
)


def _in_frame(frame: str, telling: Telling) -> str:
    # What the frame itself says is left out of the noun phrase, so it is written first.
    outside = {}
    for slot in sorted({"predicate", "post"} & slots(frame)):
        text = telling(slot)
        if not text:
            return ""
        outside[slot] = text
    fill = fill_noun(telling.noun(), telling)
    return expand(frame, telling.rng, lambda slot: outside[slot] if slot in outside else fill(slot))


@cache
def _sentences(label: str) -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((line, slots(line)) for line in SENTENCES[label])


def _described(telling: Telling) -> str:
    for _ in range(6):
        line, names = telling.rng.choice(_sentences(telling.finding.label))
        if telling.fits(names) and telling_enough(telling, names):
            telling.place_first = "post" not in names or telling.rng.random() < 0.4
            return expand(line, telling.rng, telling)
    return ""


def telling_enough(telling: Telling, names: Collection[str]) -> bool:
    """The change may be added as a tail; the rest needs room in the sentence."""
    if "post" in names and not telling.detail & {"side", "zone"}:
        return False
    if "predicate" in names and "severity" not in telling.detail:
        return False
    return telling.tells_all(names | {"chg"})


def _attempt(telling: Telling) -> str:
    rng, finding = telling.rng, telling.finding
    device = LABELS[finding.label].device
    changed = "change" in telling.detail
    raw = ""
    if changed and rng.random() < 0.55:
        telling.said.add("change")
        table = frames.DEVICE_CHANGE_FRAMES if device else frames.CHANGE_FRAMES
        raw = _in_frame(rng.choice(table[finding.change]), telling)
    else:
        if rng.random() < 0.3:
            raw = _described(telling)
        if not raw:
            raw = _in_frame(rng.choice(frames.DEVICE_FRAMES if device else frames.FRAMES), telling)
    if raw and changed and "change" not in telling.said:
        telling.said.add("change")
        raw = raw.rstrip(".") + rng.choice(frames.CHANGE_TAILS[finding.change]) + "."
    return raw


def _turning(finding: Finding, rng: Random, wanted: Collection[str], noisy: bool) -> Statement | None:
    """A wording that a word or two would turn into a negation; these say no zone and no severity."""
    if not {"side", "change"}.issuperset(wanted) or rng.random() >= _TURNING:
        return None
    if "change" in wanted:
        kinds = {"new": ("arisen",), "unchanged": ("lasts",)}.get(finding.change, ())
    else:
        kinds = ("plain", "gone") if finding.change not in (None, "new") else ("plain",)
    if not kinds:
        return None
    return turning(finding, rng, rng.choice(kinds), present=True, sided="side" in wanted, noisy=noisy)


def positive(finding: Finding, rng: Random, *, detail: Collection[str] | None = None, noisy: bool = True) -> Statement:
    """One finding in some wording. `detail` is what of side, zone, severity and change is to be named; by default it
    is drawn. The facts hold just what the text says.
    """
    wanted = (some_detail(finding, rng) if detail is None else set(detail)) & available(finding)
    turned = _turning(finding, rng, wanted, noisy)
    if turned:
        return turned
    for _ in range(_TRIES):
        telling = Telling(finding, rng, wanted)
        raw = _attempt(telling)
        if raw and telling.said == wanted:
            break
    else:
        telling = Telling(finding, rng, wanted)
        raw = telling.noun(_plain_head(finding.label)).bare + "."
    if noisy and rng.random() < 0.07:
        raw = expand(rng.choice(frames.LEADS), rng) + raw
    elif noisy and rng.random() < 0.05 and not LABELS[finding.label].device and raw.count(".") == 1:
        raw = raw.rstrip(".") + expand(rng.choice(frames.HEDGED_TAILS), rng) + "."
    return statement(raw, (telling.fact(),), rng, noisy)


def _plain_head(label: str) -> Head:
    return next(head for head in heads(label) if not head.slots)


def phrase(finding: Finding, rng: Random) -> Statement:
    """A noun phrase with the side, the zone and the severity."""
    return _phrase(finding, rng, available(finding) - {"change"})


def plain_phrase(finding: Finding, rng: Random) -> Statement:
    """A noun phrase that names the finding alone."""
    while True:
        said = _phrase(finding, rng, ())
        if not _PLACED.search(said.text):
            return said


def _phrase(finding: Finding, rng: Random, detail: Collection[str]) -> Statement:
    for _ in range(_TRIES):
        telling = Telling(finding, rng, detail)
        noun = telling.noun()
        if telling.said == set(detail):
            break
    else:
        telling = Telling(finding, rng, detail)
        noun = telling.noun(_plain_head(finding.label))
    return statement(noun.bare, (telling.fact(),), rng, noisy=False)
