"""What is true of a film: findings with side, zone, severity and boxes; and statements to be checked against them.

Sides are the patient's: the patient's left is at the right of the film. Boxes are [x, y, width, height] in pixels of
the film, x to the right and y downwards.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

LEFT, RIGHT, BOTH = "left", "right", "both"
SIDES = (LEFT, RIGHT, BOTH)
AMOUNTS = ("small", "moderate", "large")
GRADES = ("mild", "moderate", "severe")
CHANGES = ("new", "increased", "unchanged", "decreased")


def opposite(side: str | None) -> str | None:
    """The other side; of both or none, the same."""
    return {LEFT: RIGHT, RIGHT: LEFT}.get(side, side)


@dataclass(frozen=True)
class Label:
    """What a finding of this label may say; an empty tuple: it has no such attribute."""

    name: str
    sides: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    # Lines and tubes are put there; everything else is a disease.
    device: bool = False


LABELS = {
    label.name: label
    for label in (
        Label("pleural effusion", SIDES, (), AMOUNTS),
        Label("pneumothorax", (LEFT, RIGHT), ("apical", "lateral"), AMOUNTS),
        Label("consolidation", SIDES, ("upper", "mid", "lower"), GRADES),
        Label("cardiomegaly", (), (), GRADES),
        Label("nodule", (LEFT, RIGHT), ("upper", "mid", "lower"), AMOUNTS),
        Label("edema", (), (), GRADES),
        Label("pacemaker", (LEFT, RIGHT), (), (), device=True),
        Label("endotracheal tube", (), (), (), device=True),
        Label("central venous line", (LEFT, RIGHT), (), (), device=True),
    )
}

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Finding:
    """One finding in one film. `change` is against the prior film, where the study has one."""

    label: str
    side: str | None = None
    zone: str | None = None
    severity: str | None = None
    change: str | None = None
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True)
class Study:
    """A film's truth: at most one finding a label. `resolved` were in the prior film and are gone."""

    seed: int
    findings: tuple[Finding, ...] = ()
    resolved: tuple[str, ...] = ()
    has_prior: bool = False

    def find(self, label: str) -> Finding | None:
        return next((finding for finding in self.findings if finding.label == label), None)

    @property
    def absent(self) -> tuple[str, ...]:
        return tuple(label for label in LABELS if self.find(label) is None)


@dataclass(frozen=True)
class Fact:
    """What a statement says of one label; None: it does not say."""

    label: str
    present: bool = True
    side: str | None = None
    zone: str | None = None
    severity: str | None = None
    change: str | None = None

    def holds(self, study: Study) -> bool:
        finding = study.find(self.label)
        return self.present == (finding is not None and self._fits(finding))

    def _fits(self, finding: Finding) -> bool:
        # "A left effusion" is true of effusions on both sides.
        side = self.side in (None, finding.side) or finding.side == BOTH
        others = ((self.zone, finding.zone), (self.severity, finding.severity), (self.change, finding.change))
        return side and all(said in (None, true) for said, true in others)

    def mirrored(self) -> "Fact":
        """The same of the other side."""
        return replace(self, side=opposite(self.side))


@dataclass(frozen=True)
class Statement:
    """A sentence and everything it says. True of a study when all its facts hold."""

    text: str
    facts: tuple[Fact, ...]
    # The same wording of the other side; None where no side is named.
    mirrored: str | None = field(default=None, compare=False)

    def holds(self, study: Study) -> bool:
        return all(fact.holds(study) for fact in self.facts)


def finding_from_json(value: dict[str, Any]) -> Finding:
    boxes = tuple(tuple(box) for box in value["boxes"])
    return Finding(value["label"], value["side"], value["zone"], value["severity"], value.get("change"), boxes)


def study_from_json(value: dict[str, Any]) -> Study:
    """Of one line of `studies.jsonl`."""
    findings = tuple(finding_from_json(finding) for finding in value["findings"])
    return Study(value["seed"], findings, tuple(value.get("resolved", ())), value.get("prior") is not None)


def scaled(boxes: Iterable[Box], factor: float, left: float = 0, top: float = 0) -> tuple[Box, ...]:
    """Boxes of a film that was resized by `factor` and then cropped at (left, top)."""
    return tuple((x * factor - left, y * factor - top, w * factor, h * factor) for x, y, w, h in boxes)
