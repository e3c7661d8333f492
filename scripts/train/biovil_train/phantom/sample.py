"""Which findings a patient has, and how they were in the prior film."""

from dataclasses import replace

import numpy as np

from ..study import BOTH, CHANGES, LABELS, LEFT, RIGHT, Finding

Random = np.random.Generator

NORMAL = 0.13  # Entirely normal by decision; more are by chance.
BASE = 0.215  # of each label among the others


def sample(seed: int) -> tuple[Finding, ...]:
    """A patient's findings, without boxes and changes."""
    rng = np.random.default_rng([seed, 1])
    if rng.uniform() < NORMAL:
        return ()
    # Two mild common causes; neither decides anything.
    congested, intensive = rng.uniform(size=2) < 0.3
    chance = dict.fromkeys(LABELS, BASE)
    for label in ("pleural effusion", "cardiomegaly", "edema"):
        chance[label] += 0.10 if congested else 0.0
    for label in ("endotracheal tube", "central venous line", "consolidation", "pneumothorax"):
        chance[label] += 0.10 if intensive else 0.0
    for label in ("nodule", "pacemaker"):
        chance[label] += 0.03
    present = [label for label in LABELS if rng.uniform() < chance[label]]
    findings = [attributes(label, rng) for label in present]
    for turn in range(1, 100):
        clash = clashing(findings)
        if clash is None:
            break
        if turn % 10:
            findings[present.index(clash)] = attributes(clash, rng)
        else:
            # Some combinations leave no place at all.
            findings = [attributes(label, rng) for label in present]
    return tuple(findings)


def attributes(label: str, rng: Random) -> Finding:
    kind = LABELS[label]
    side = None
    if kind.sides:
        weights = (0.37, 0.37, 0.26) if BOTH in kind.sides else (0.5, 0.5)
        side = (LEFT, RIGHT, BOTH)[rng.choice(len(weights), p=weights)]
    zone = str(rng.choice(kind.zones)) if kind.zones else None
    severity = str(rng.choice(kind.severities)) if kind.severities else None
    return Finding(label, side, zone, severity)


def clashing(findings: list[Finding] | tuple[Finding, ...]) -> str | None:
    """A label that another finding would hide, to be put elsewhere."""
    by = {finding.label: finding for finding in findings}

    def same_side(a: Finding, b: Finding) -> bool:
        return BOTH in (a.side, b.side) or a.side == b.side

    effusion, air, heart, pacer = (by.get(x) for x in ("pleural effusion", "pneumothorax", "cardiomegaly", "pacemaker"))
    patch = by.get("consolidation")
    for label in ("consolidation", "nodule"):
        it = by.get(label)
        if it is None:
            continue
        small = label == "nodule"
        if effusion and same_side(effusion, it) and effusion.severity != "small":
            if it.zone == "lower" or (it.zone == "mid" and effusion.severity == "large"):
                return label
        if small and effusion and same_side(effusion, it) and it.zone == "lower":
            return label
        if air and same_side(air, it):
            if (air.zone == "apical") == (it.zone == "upper") and (small or air.severity != "small"):
                return label
        if heart and heart.severity != "mild" and it.side != RIGHT and it.zone == "lower":
            return label
        if small and patch and same_side(patch, it) and patch.zone == it.zone:
            return label
        if small and pacer and same_side(pacer, it) and it.zone == "upper":
            return label
    if effusion and air and same_side(effusion, air) and effusion.severity == "large":
        return "pneumothorax"
    return None


def previous(
    seed: int, findings: tuple[Finding, ...]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...], tuple[str, ...]]:
    """The findings with their changes, the prior film's findings and what has resolved since."""
    rng = np.random.default_rng([seed, 4])
    for _ in range(60):
        changed, before = [], []
        for finding in findings:
            steps = LABELS[finding.label].severities
            at = steps.index(finding.severity) if steps else 0
            possible = {
                "new": 0.2,
                "unchanged": 0.3,
                "increased": 0.4 * (at > 0),
                "decreased": 0.4 * (at + 1 < len(steps)),
            }
            weights = np.array([possible[change] for change in CHANGES])
            change = str(rng.choice(CHANGES, p=weights / weights.sum()))
            changed.append(replace(finding, change=change))
            if change == "new":
                continue
            step = {"unchanged": 0, "increased": -1, "decreased": 1}[change]
            before.append(replace(finding, severity=steps[at + step]) if steps else finding)
        gone = [label for label in LABELS if all(f.label != label for f in findings) and rng.uniform() < 0.12]
        before += [attributes(label, rng) for label in gone]
        if clashing(before) is None:
            break
    order = list(LABELS)
    before.sort(key=lambda finding: order.index(finding.label))
    return tuple(changed), tuple(before), tuple(gone)
