"""Statements that turn into their contradiction by a word or two; the turned text is kept beside the statement."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cache
from random import Random

from biovil_train.reports.flip_frames import CHANGE_SAID, DEVICE, DISEASE
from biovil_train.reports.flip_sentences import SENTENCES
from biovil_train.reports.grammar import Fill, expand, slots
from biovil_train.reports.style import statement
from biovil_train.reports.wording import Telling, fill_noun
from biovil_train.study import BOTH, LABELS, Fact, Finding, Statement

_TRIES = 40
_TURN = re.compile(r"<(.*?) / (.*?)>")


@dataclass(frozen=True)
class Turning(Statement):
    """A statement of one fact with the contradiction in nearly its own words."""

    turned: Statement | None = field(default=None, compare=False)


@cache
def wordings(line: str) -> tuple[str, str]:
    """The whole line that says "there", and the one that says "not there"."""
    return _TURN.sub(r"\1", line), _TURN.sub(r"\2", line)


@cache
def _parts(line: str) -> tuple[str, ...]:
    """What both share, what the one says, what the other says, what both share, and so on."""
    return tuple(_TURN.split(line))


def _written(line: str, rng: Random, fill: Fill, present: bool) -> tuple[str, str]:
    """The wording that is asked for, and the other; parts that both share are drawn once."""
    said = {}

    def once(slot: str) -> str:
        if slot not in said:
            said[slot] = fill(slot)
        return said[slot]

    parts = [
        expand(part, rng, once) if at % 3 == 0 or (at % 3 == 1) == present else part
        for at, part in enumerate(_parts(line))
    ]
    asked = "".join(part for at, part in enumerate(parts) if at % 3 == 0 or (at % 3 == 1) == present)
    other = "".join(
        part if at % 3 == 0 else expand(part, rng, once)
        for at, part in enumerate(parts)
        if at % 3 == 0 or (at % 3 == 1) != present
    )
    return asked, other


def _turned_fact(fact: Fact, line: str, kind: str) -> Fact:
    if fact.present:
        # None on either side contradicts both sides.
        return Fact(fact.label, False, None if fact.side == BOTH else fact.side)
    side = BOTH if "both" in slots(wordings(line)[0]) else fact.side
    return Fact(fact.label, True, side, change=CHANGE_SAID[kind])


def turning(
    finding: Finding, rng: Random, kind: str, *, present: bool, sided: bool = False, noisy: bool = True
) -> Turning | None:
    """That the finding is there, or is not; `kind` as in `flip_frames`. None where no wording was found."""
    label = finding.label
    frames = (DEVICE if LABELS[label].device else DISEASE)[kind]
    wanted: Collection[str] = {"side"} if sided else set()
    for _ in range(_TRIES):
        telling = Telling(finding, rng, wanted, negated=True)
        own = rng.random() < 0.55
        line = rng.choice(SENTENCES[label][kind] if own else frames)
        if own:
            names = slots(wordings(line)[not present])
            # The other side of "on both sides" is written without a slot.
            fill = telling if telling.fits(names) and telling.tells_all(names) else None
        else:
            fill = fill_noun(telling.noun(), telling)
            names = wanted
        if fill is None or not own and telling.said != wanted:
            continue
        raw, other = _written(line, rng, fill, present)
        fact = Fact(label, present, finding.side if sided else None, change=CHANGE_SAID[kind] if present else None)
        said = statement(raw, (fact,), rng, noisy)
        against = statement(other, (_turned_fact(fact, line, kind),), rng, noisy=False)
        return Turning(said.text, said.facts, said.mirrored, against)
    return None
