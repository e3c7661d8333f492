"""A whole report of a study, and single sentences of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from biovil_train.reports.impressions import impression
from biovil_train.reports.mixed import mixed
from biovil_train.reports.negatives import joint_of, negative, negatives, resolved, still_absent
from biovil_train.reports.normal import normal, technique
from biovil_train.reports.positives import positive
from biovil_train.study import LABELS, LEFT, RIGHT, Statement, Study, opposite


def joined(statements: Iterable[Statement]) -> str:
    return " ".join(text if text.endswith((".", "!", "?")) else f"{text}." for text in (s.text for s in statements))


@dataclass(frozen=True)
class Report:
    findings: tuple[Statement, ...]
    impression: tuple[Statement, ...]

    @property
    def findings_text(self) -> str:
        return joined(self.findings)

    @property
    def impression_text(self) -> str:
        return joined(self.impression)

    @property
    def statements(self) -> tuple[Statement, ...]:
        return self.findings + self.impression


def other_side_clear(study: Study, rng: Random, *, noisy: bool = True) -> Statement | None:
    """That the other side of a one-sided finding is free of it."""
    one_sided = [finding for finding in study.findings if finding.side in (LEFT, RIGHT)]
    if not one_sided:
        return None
    finding = rng.choice(one_sided)
    return negative(finding.label, rng, opposite(finding.side), noisy=noisy)


def _negation(study: Study, rng: Random, noisy: bool = True) -> Statement | None:
    """Some negation that is true of the study."""
    gone = [label for label in study.resolved if study.find(label) is None]
    kind = rng.random()
    if gone and kind < 0.4:
        return resolved(rng.choice(gone), rng, noisy=noisy)
    if kind < 0.15:
        return other_side_clear(study, rng, noisy=noisy)
    # Readers mention the absence of a tube less often than that of a disease.
    absent = [label for label in study.absent if not LABELS[label].device or rng.random() < 0.35]
    if not absent:
        return None
    if kind < 0.6:
        label = rng.choice(absent)
        if study.has_prior and label not in study.resolved and rng.random() < 0.2:
            return still_absent(label, rng, noisy=noisy)
        return negative(label, rng, noisy=noisy)
    if kind < 0.8:
        return joint_of(absent, rng, noisy=noisy)
    return negatives(rng.sample(absent, min(len(absent), rng.choice((2, 2, 3)))), rng, noisy=noisy)


def negation(study: Study, rng: Random, *, noisy: bool = True) -> Statement:
    for _ in range(8):
        found = _negation(study, rng, noisy)
        if found:
            return found
    return normal(rng, noisy=noisy)


def report(study: Study, rng: Random, *, noisy: bool = True) -> Report:
    """Technique, devices, diseases in random order, what is absent, and normal anatomy; then the impression."""
    opening, devices, disease, rest = [], [], [], []
    if rng.random() < 0.5:
        opening.append(technique(rng, study.has_prior, noisy=noisy))
    for finding in rng.sample(study.findings, len(study.findings)):
        device = LABELS[finding.label].device
        (devices if device else disease).append(positive(finding, rng, noisy=noisy))
    for label in study.resolved:
        if study.find(label) is None and rng.random() < 0.8:
            disease.append(resolved(label, rng, noisy=noisy))
    for _ in range(rng.randint(1, 3)):
        rest.append(negation(study, rng, noisy=noisy))
    if rng.random() < 0.2:
        rest.append(mixed(study, rng, noisy=noisy) or normal(rng, noisy=noisy))
    for _ in range(rng.randint(0, 2)):
        rest.append(normal(rng, noisy=noisy))
    rng.shuffle(rest)
    middle = devices + disease if rng.random() < 0.5 else disease + devices
    findings = tuple(opening + (middle + rest if rng.random() < 0.8 else rest + middle))
    return Report(findings, impression(study, rng, noisy=noisy))


def statements(study: Study, rng: Random, count: int, *, noisy: bool = True) -> tuple[Statement, ...]:
    """Single sentences that are true of the study: one for each finding, then negations, the impression, the rest."""
    out = [positive(finding, rng, noisy=noisy) for finding in rng.sample(study.findings, len(study.findings))]
    while len(out) < count:
        kind = rng.random()
        if kind < 0.6 or len(out) == len(study.findings):
            out.append(negation(study, rng, noisy=noisy))
        elif kind < 0.72:
            out.append(mixed(study, rng, noisy=noisy) or negation(study, rng, noisy=noisy))
        elif kind < 0.93:
            # Advice says nothing of the film.
            out.append(rng.choice([line for line in impression(study, rng, noisy=noisy) if line.facts]))
        else:
            out.append(normal(rng, noisy=noisy))
    return tuple(out[:count])


_HEADINGS = (("FINDINGS: ", "IMPRESSION: "), ("Findings: ", "Impression: "), ("", "Impression: "), ("", ""))


def radiology_text(study: Study, rng: Random) -> str:
    """A report as one text."""
    whole = report(study, rng)
    first, second = rng.choice(_HEADINGS)
    lines = [s.text for s in whole.impression]
    if len(lines) > 1 and rng.random() < 0.4:
        concluded = " ".join(f"{number}. {line.rstrip('.')}." for number, line in enumerate(lines, 1))
    else:
        concluded = whole.impression_text
    return f"{first}{whole.findings_text} {second}{concluded}"
