"""A finding put into a noun phrase, keeping account of what has been said of it."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from random import Random

from biovil_train.reports import lexicon
from biovil_train.reports.grammar import MARKS, expand, mark, slots
from biovil_train.reports.places import PLACES
from biovil_train.study import BOTH, LABELS, Fact, Finding

ATTRIBUTES = ("side", "zone", "severity", "change")
# How often each is named where the caller does not say.
_NAMED = {"side": 0.8, "zone": 0.6, "severity": 0.5, "change": 0.3}
# "Left lung pulmonary nodule".
_TWICE = re.compile(r"\b(?:lung|pulmonary) (lung|pulmonary)\b")
_SIDE_SLOTS = frozenset(MARKS)
_ZONE_OF_SLOT = {
    "LL": "lower",
    "UL": "upper",
    "lingular": "mid",
    "lingula": "mid",
    "lower_lobe": "lower",
    "hidden_dome": "lower",
    "retrocardiac": "lower",
    "retrocardiac_place": "lower",
}


@dataclass(frozen=True)
class Head:
    one: str
    many: str = ""
    mass: bool = False
    negatable: bool = True

    @property
    def plural_only(self) -> bool:
        return not self.one

    @property
    def slots(self) -> frozenset[str]:
        return slots(self.one or self.many)


def _head(line: str) -> tuple[Head, int]:
    flags = set()
    while line[0] in "~+!":
        flags.add(line[0])
        line = line[1:]
    first, _, rest = line.partition(" ")
    weight, text = (int(first), rest) if first.isdigit() else (1, line)
    while text[0] in "~+!":
        flags.add(text[0])
        text = text[1:]
    if slots(text):
        text = text.replace("@", "{pre}")
    one, _, many = text.partition(" / ")
    if "+" in flags:
        one, many = "", one
    elif not many and "~" not in flags and "{" not in one:
        many = one[:-1] + "ies" if one[-1] == "y" else one + ("es" if one[-1] == "s" else "s")
    return Head(one, many, "~" in flags, "!" not in flags), weight


@cache
def heads(label: str, negatable: bool = False) -> tuple[Head, ...]:
    """With repetition, by weight."""
    parsed = map(_head, lexicon.HEADS[label])
    return tuple(head for head, weight in parsed if head.negatable or not negatable for _ in range(weight))


@dataclass(frozen=True)
class Noun:
    """A noun phrase: `text` is without its article, except before an amount ("a little fluid")."""

    text: str
    plural: bool = False
    mass: bool = False

    @property
    def bare(self) -> str:
        return self.text if self.text.startswith("a little") else self.text.removeprefix("a ")

    @property
    def indefinite(self) -> str:
        return self.text if self.plural or self.mass or self.text.startswith("a ") else f"a {self.text}"

    @property
    def definite(self) -> str:
        return f"the {self.text.removeprefix('a ')}"


def available(finding: Finding) -> set[str]:
    change_fits = not LABELS[finding.label].device or finding.change in lexicon.DEVICE_CHANGE_ADJECTIVES
    return {name for name in ATTRIBUTES if getattr(finding, name) is not None and (name != "change" or change_fits)}


def some_detail(finding: Finding, rng: Random) -> set[str]:
    return {name for name in ATTRIBUTES if rng.random() < _NAMED[name]} & available(finding)


class Telling:
    """Fills the slots of templates about one finding. What is said so far is in `said`; nothing is said twice."""

    def __init__(self, finding: Finding, rng: Random, detail: Collection[str], negated: bool = False) -> None:
        self.finding = finding
        self.rng = rng
        self.detail = set(detail) & available(finding)
        self.said: set[str] = set()
        self.negated = negated
        self.plural = False
        self.mass = False

    def fact(self) -> Fact:
        said = {name: getattr(self.finding, name) for name in ATTRIBUTES if name in self.said}
        return Fact(self.finding.label, not self.negated, **said)

    def fits(self, names: Collection[str]) -> bool:
        """Whether a template with these slots can be used."""
        one_side = "side" in self.detail and self.finding.side != BOTH
        both = "side" in self.detail and self.finding.side == BOTH
        if not one_side and not _SIDE_SLOTS.isdisjoint(names):
            return False
        if both and "s" in names or not both and "both" in names:
            return False
        zones = {_ZONE_OF_SLOT[name] for name in names if name in _ZONE_OF_SLOT}
        return not zones or ("zone" in self.detail and zones == {self.finding.zone})

    def tells_all(self, names: Collection[str]) -> bool:
        """Whether a template with these slots has room for all that is to be said."""
        places = {"pre", "post"} & set(names)
        has = {
            "side": bool(places or ({"s", "both"} | _SIDE_SLOTS) & set(names)),
            "zone": bool(places or _ZONE_OF_SLOT.keys() & set(names)),
            "severity": bool({"sev", "qty", "sevly", "predicate"} & set(names)),
            "change": "chg" in names,
        }
        return all(has[name] for name in self.detail - self.said)

    def _wanted(self, name: str) -> bool:
        return name in self.detail and name not in self.said

    def __call__(self, slot: str) -> str:
        if slot in _SIDE_SLOTS:
            self.said.add("side")
            if slot in _ZONE_OF_SLOT:
                self.said.add("zone")
            return mark(slot, self.finding.side)
        return getattr(self, f"_{slot}")()

    def _s(self) -> str:
        return self("side") if self._wanted("side") else ""

    def _both(self) -> str:
        self.said.add("side")
        return "both"

    def _cm(self) -> str:
        return f"{self.rng.randint(20, 65) / 10:g}"

    def _small_mm(self) -> str:
        return f"{self.rng.randint(4, 9)} mm"

    def _mid_mm(self) -> str:
        return self.rng.choice((f"{self.rng.randint(11, 19)} mm", f"{self.rng.randint(11, 19) / 10:g} cm"))

    def _large_mm(self) -> str:
        return self.rng.choice((f"{self.rng.randint(24, 40)} mm", f"{self.rng.randint(24, 40) / 10:g} cm"))

    def _sev(self) -> str:
        if not self._wanted("severity"):
            return ""
        self.said.add("severity")
        label, severity = self.finding.label, self.finding.severity
        if severity in lexicon.GRADES and LABELS[label].severities[0] in lexicon.GRADES:
            table = lexicon.GRADES[severity]
        elif label == "nodule":
            table = lexicon.NODULE_AMOUNTS[severity]
        else:
            table = (lexicon.AMOUNTS_MASS if self.mass else lexicon.AMOUNTS)[severity]
        own = lexicon.OWN_SEVERITY.get(label, {}).get(severity, ())
        if own and self.rng.random() < 0.4:
            table = own
        word = self.rng.choice(table)
        if self.mass and label == "consolidation" and word in lexicon.COUNTED_ONLY:
            word = self.rng.choice(lexicon.GRADES[severity])
        return expand(word, self.rng, self)

    def _qty(self) -> str:
        """The severity of a fluid or of air."""
        self.mass = True
        return self._sev()

    def _sevly(self) -> str:
        if not self._wanted("severity"):
            return ""
        self.said.add("severity")
        if self.finding.label == "cardiomegaly" and self.finding.severity == "mild" and self.rng.random() < 0.2:
            return "borderline"
        return self.rng.choice(lexicon.ADVERBS[self.finding.severity])

    def _predicate(self) -> str:
        if not self._wanted("severity"):
            return ""
        self.said.add("severity")
        table = lexicon.NODULE_AMOUNTS if self.finding.label == "nodule" else lexicon.PREDICATES
        return self.rng.choice(table[self.finding.severity])

    def _chg(self) -> str:
        if not self._wanted("change"):
            return ""
        self.said.add("change")
        device = LABELS[self.finding.label].device
        table = lexicon.DEVICE_CHANGE_ADJECTIVES if device else lexicon.CHANGE_ADJECTIVES
        return self.rng.choice(table[self.finding.change])

    def _place(self, after: bool) -> str:
        side, zone = self._wanted("side"), self._wanted("zone")
        if not side and not zone:
            return ""
        # The side before the noun and the zone after it, now and then.
        if side and zone and not after and self.rng.random() < 0.15 and self.finding.side != BOTH:
            zone = False
        who = ("both" if self.finding.side == BOTH else "one") if side else ""
        place = PLACES[self.finding.label].get((who, self.finding.zone if zone else ""))
        if place is None:
            return ""
        if side:
            self.said.add("side")
        if zone:
            self.said.add("zone")
        return expand(self.rng.choice(place[after]), self.rng, self)

    def _pre(self) -> str:
        return self._place(after=False) if self.place_first else ""

    def _post(self) -> str:
        return self._place(after=True)

    place_first = True

    def noun(self, head: Head | None = None) -> Noun:
        self.place_first = self.rng.random() < 0.62
        head = head or self._pick_head()
        both = self.finding.side == BOTH and "side" in self.detail
        plural = head.plural_only or bool(head.many and (both or self.negated and self.rng.random() < 0.25))
        text = head.many if plural else head.one
        if not slots(text):
            text = f"{{chg}} {{sev}} {text.replace('@', '{pre}')}" if "@" in text else f"{{chg}} {{sev}} {{pre}} {text}"
            text += " {post}"
        elif not {"pre", "post", "s", "both"} & head.slots and _SIDE_SLOTS.isdisjoint(head.slots):
            text += " {post}"
        self.mass, self.plural = head.mass, plural
        bare = expand(text, self.rng, self)
        bare = _TWICE.sub(r"\1", " ".join(bare.split()))
        return Noun(bare, plural, head.mass)

    def _pick_head(self) -> Head:
        table = heads(self.finding.label, self.negated)
        for _ in range(24):
            head = self.rng.choice(table)
            names = head.slots
            if not self.fits(names):
                continue
            if names and not (names & {"pre", "post", "s", "both"} or _SIDE_SLOTS & names):
                names = names | {"post"}
            if not names or self.tells_all(names):
                return head
        return next(head for head in table if not head.slots)


def fill_noun(noun: Noun, telling: Telling) -> Callable[[str], str]:
    agreement = {"is": "are", "has": "have", "s": ""} if noun.plural else {"is": "is", "has": "has", "s": "s"}

    def fill(slot: str) -> str:
        if slot in agreement:
            return agreement[slot]
        if slot == "np":
            return noun.indefinite
        if slot == "bare":
            return noun.bare
        if slot == "the":
            return noun.definite
        return telling(slot)

    return fill
