"""What is in a film, and on which side: by prompts and by phrases."""

import json

import numpy as np
from scipy.stats import rankdata

from .. import reports
from ..paths import PROMPTS
from ..study import LABELS
from ..texts import seeded
from .encoded import Encoded, Figures, Texts


def auroc(scores: np.ndarray, positive: np.ndarray) -> float:
    """The part of pairs of a positive and a negative that are in order; ties count a half."""
    count = positive.sum()
    ranks = rankdata(scores)[positive].sum() - count * (count + 1) / 2
    return float(ranks / (count * (len(positive) - count)))


def classification(films: Encoded, texts: Texts) -> Figures:
    """A label that all films have, or none, has no AUROC; without any there is no mean."""
    prompts = json.loads(PROMPTS.read_text(encoding="utf-8"))
    figures, right = {}, []
    for label in LABELS:
        margins = films.globals @ (
            texts.ensemble(prompts[label]["positive"]) - texts.ensemble(prompts[label]["negative"])
        )
        positive = np.array([record.study.find(label) is not None for record in films.records])
        if 0 < positive.sum() < len(positive):
            figures[f"auroc.{label}"] = auroc(margins, positive)
        right.append((margins > 0) == positive)
    means = {"auroc": float(np.mean(list(figures.values())))} if figures else {}
    return {**means, **figures, "accuracy": float(np.mean(right))}


def sides(films: Encoded, texts: Texts) -> Figures:
    """Of a phrase and its mirror image, the film is nearer to the true one."""
    right = []
    for i, record in enumerate(films.records):
        for finding in record.study.findings:
            said = reports.phrase(finding, seeded(record.study.seed, 99))
            if said.mirrored is None:
                continue
            true, false = texts([said.text, said.mirrored]) @ films.globals[i]
            right.append(true > false)
    return {"leftRight": float(np.mean(right))} if right else {}
