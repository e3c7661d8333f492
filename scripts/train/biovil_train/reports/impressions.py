"""What a reader concludes: several findings in a line, shorter than in the findings."""

from collections.abc import Sequence
from random import Random

from biovil_train.reports.grammar import pick
from biovil_train.reports.negative_tables import JOINT
from biovil_train.reports.negatives import joint_of, listed, none_of
from biovil_train.reports.style import statement
from biovil_train.reports.wording import Noun, Telling, some_detail
from biovil_train.study import LABELS, Fact, Finding, Statement, Study

_FRAMES: tuple[str, ...] = (
    "{list}.",
    "{list}.",
    "{list}.",
    "[findings consistent with|consistent with|compatible with|findings compatible with] {list}.",
    "[findings are most consistent with|constellation of findings suggests|overall picture of] {list}.",
    "[evidence of|radiographic evidence of] {list}.",
    "[abnormal chest radiograph|abnormal chest|abnormal study|abnormal film] [with|showing|due to] {list}.",
    "[study|film|chest x-ray] [demonstrating|showing|remarkable for|notable for] {list}.",
    "[overall|in summary|summary:|in conclusion|conclusion:], {list}.",
    "[likely|probable] {list}.",
)
_NO_DISEASE = tuple(label for label in LABELS if not LABELS[label].device)
_ADVICE: tuple[str, ...] = (
    "[clinical correlation|follow-up|follow-up radiograph|radiographic follow-up] [is "
    "recommended|recommended|advised].",
    "findings were [discussed|communicated] with the [team|referring physician|clinician|ward] [by phone|].",
    "[recommend|suggest] [PA and lateral views|follow-up|short-interval follow-up|comparison with prior films].",
    "follow up to [resolution|clearing] is [advised|recommended].",
)


def _nouns(findings: Sequence[Finding], rng: Random) -> tuple[list[Noun], list[Fact]]:
    nouns, facts = [], []
    for finding in findings:
        telling = Telling(finding, rng, some_detail(finding, rng))
        nouns.append(telling.noun())
        facts.append(telling.fact())
    return nouns, facts


def summary(findings: Sequence[Finding], rng: Random, *, noisy: bool = True) -> Statement:
    """Findings in one line."""
    nouns, facts = _nouns(findings, rng)
    joint = rng.choice(("and", "and", "and", "with", "as well as", "plus")) if len(nouns) == 2 else "and"
    words = listed([noun.bare for noun in nouns], joint)
    return statement(pick(rng, _FRAMES, lambda slot: words), facts, rng, noisy)


def advice(rng: Random) -> Statement:
    return statement(pick(rng, _ADVICE), (), rng, noisy=False)


def clear(study: Study, rng: Random, *, noisy: bool = True) -> Statement:
    """Nothing found, of a film without disease."""
    said, lines = next((said, lines) for said, lines in JOINT if set(said) == set(_NO_DISEASE))
    if not study.findings and rng.random() < 0.3:
        said, lines = next((said, lines) for said, lines in JOINT if set(said) == set(LABELS))
    return none_of(said, lines, rng, noisy=noisy)


def impression(study: Study, rng: Random, *, noisy: bool = True) -> tuple[Statement, ...]:
    """Diseases first, then what matters of the rest."""
    disease = [finding for finding in study.findings if not LABELS[finding.label].device]
    devices = [finding for finding in study.findings if LABELS[finding.label].device]
    rng.shuffle(disease)
    out = []
    while disease:
        count = min(len(disease), rng.choice((1, 2, 2, 3)))
        out.append(summary(disease[:count], rng, noisy=noisy))
        disease = disease[count:]
    if not out:
        out.append(clear(study, rng, noisy=noisy))
    elif rng.random() < 0.35:
        absent = [label for label in study.absent if label in _NO_DISEASE]
        joint = joint_of(absent, rng, noisy=noisy)
        if joint:
            out.append(joint)
    if devices and rng.random() < 0.5:
        out.append(summary(devices, rng, noisy=noisy))
    if rng.random() < 0.15:
        out.append(advice(rng))
    return tuple(out)
