"""Templates, and how the text they give is tidied.

In a template `[a|b|]` is a choice of parts (which may be empty or nested) and `{name}` a slot that the caller fills.
A side is written as a mark that keeps which side it is, so that the same text can be written out for the other side
without touching a "right ventricle".
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from biovil_train.study import LEFT


@dataclass(frozen=True)
class Slot:
    name: str


@dataclass(frozen=True)
class Choice:
    parts: tuple["Nodes", ...]


Nodes = tuple["str | Slot | Choice", ...]
Fill = Callable[[str], str]


@cache
def parse(template: str) -> Nodes:
    nodes, end = _sequence(template, 0, top=True)
    assert end == len(template), f"unbalanced: {template}"
    return nodes


def _sequence(text: str, at: int, top: bool = False) -> tuple[Nodes, int]:
    nodes: list[str | Slot | Choice] = []
    start = at
    while at < len(text) and (top or text[at] not in "|]"):
        if text[at] not in "[{":
            at += 1
            continue
        if start < at:
            nodes.append(text[start:at])
        if text[at] == "{":
            end = text.index("}", at)
            nodes.append(Slot(text[at + 1 : end]))
            at = end + 1
        else:
            parts = []
            while text[at] != "]":
                part, at = _sequence(text, at + 1)
                parts.append(part)
            nodes.append(Choice(tuple(parts)))
            at += 1
        start = at
    if start < at:
        nodes.append(text[start:at])
    return tuple(nodes), at


@cache
def slots(template: str) -> frozenset[str]:
    """Every slot of the template, in whichever part."""
    return frozenset(re.findall(r"\{(\w+)\}", template))


def no_slots(name: str) -> str:
    raise KeyError(name)


def expand(template: str, rng: Random, fill: Fill = no_slots) -> str:
    return _expand(parse(template), rng, fill)


def _expand(nodes: Nodes, rng: Random, fill: Fill) -> str:
    out = []
    for node in nodes:
        if isinstance(node, str):
            out.append(node)
        elif isinstance(node, Slot):
            out.append(fill(node.name))
        else:
            out.append(_expand(rng.choice(node.parts), rng, fill))
    return "".join(out)


def pick(rng: Random, table: Sequence[str], fill: Fill = no_slots) -> str:
    return expand(rng.choice(table), rng, fill)


# The wordings that depend on the side, for the left and the right.
MARKS = {
    "side": ("left", "right"),
    "S": ("L", "R"),
    "other": ("right", "left"),
    "LL": ("LLL", "RLL"),
    "UL": ("LUL", "RUL"),
    "ST": ("LT", "RT"),
    # The right lung alone has a middle lobe.
    "middle_lobe": ("lingula", "middle lobe"),
    "lingular": ("lingular", "right middle lobe"),
    "lingula": ("lingula", "right middle lobe"),
    "lower_lobe": ("left lower lobe", "right lower lobe"),
    # A dome is hidden by what lies in the lower lobe.
    "hidden_dome": ("left hemidiaphragm", "right hemidiaphragm"),
    "retrocardiac": ("retrocardiac", "right infrahilar"),
    "retrocardiac_place": ("retrocardiac region", "right infrahilar region"),
}
_MARK = re.compile(r"<(\w+)=(left|right)>")


def mark(name: str, side: str) -> str:
    return f"<{name}={side}>"


def has_marks(raw: str) -> bool:
    return _MARK.search(raw) is not None


def write_marks(raw: str, mirrored: bool = False) -> str:
    def written(match: re.Match[str]) -> str:
        left = (match[2] == LEFT) != mirrored
        return MARKS[match[1]][0 if left else 1]

    return _MARK.sub(written, raw)


_ARTICLE = re.compile(r"\b([Aa])n? (?=([\w-]+))")
# Read letter by letter, or not as they are spelt.
_AN = re.compile(r"(?:[aeio]|un(?!i[lfvqt])|ul|up|um|ur|[AEFHILMNORSX](?:[A-Z]|\b)|(?:8|11|18)(?!\d)|8\d|hour|honest)")
_NOT_AN = re.compile(r"(?:eu|one\b|once\b|ROS)")


def _article(match: re.Match[str]) -> str:
    word = match[2]
    vowel = _AN.match(word) or (_AN.match(word.lower()) and not word.isupper())
    return match[1] + ("n " if vowel and not _NOT_AN.match(word) else " ")


_TIDY = (
    (re.compile(r"\s+"), " "),
    (re.compile(r" +([.,;:)])"), r"\1"),
    (re.compile(r"\( "), "("),
    (re.compile(r"([,;:])[,;]+"), r"\1"),
    (re.compile(r"[,;:]+\."), "."),
    (re.compile(r"\.\.+"), "."),
)
_START = re.compile(r"(^|[.!?:] (?=\d\. )|[.!?] |^\d\. )([a-z])")


def tidy(text: str) -> str:
    """Spaces, commas and articles put right."""
    for pattern, by in _TIDY:
        text = pattern.sub(by, text)
    return _ARTICLE.sub(_article, text.strip(" ,;"))


def sentence_case(text: str) -> str:
    return _START.sub(lambda match: match[1] + match[2].upper(), text)
