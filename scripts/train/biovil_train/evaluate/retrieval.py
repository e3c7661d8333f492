"""Films and impressions that find each other."""

import numpy as np

from .. import reports
from ..data import Record
from ..study import Fact
from ..texts import seeded
from .encoded import Encoded, Figures, Texts

# As many films as the tests of `biovil` have.
POOL = 120


def stated(record: Record) -> list[Fact]:
    """What an impression says is there or not, and on which side; how much and since when it does not matter here."""
    impression = reports.report(record.study, seeded(record.study.seed)).impression
    facts = (Fact(fact.label, fact.present, fact.side) for line in impression for fact in line.facts)
    return list(dict.fromkeys(facts))


def retrieval(films: Encoded, texts: Texts) -> Figures:
    """
    Among the impressions that say something: whether the nearest is true of the film, and the other way round. The own
    one is looked for in pools of POOL films, since recall depends on their number; it is capped by reports that say the
    same.
    """
    said = [stated(record) for record in films.records]
    numbers = np.array([i for i, facts in enumerate(said) if facts])
    scores = films.globals @ texts([films.records[i].impression for i in numbers]).T
    true = np.array([[all(fact.holds(record.study) for fact in said[i]) for i in numbers] for record in films.records])
    return {
        "topReport": float(true[np.arange(len(scores)), scores.argmax(1)].mean()),
        "topReport.chance": float(true.mean()),
        "topFilm": float(true[scores.argmax(0), np.arange(len(numbers))].mean()),
        **pooled_recalls(scores, numbers),
    }


def pooled_recalls(scores: np.ndarray, owner: np.ndarray) -> Figures:
    """The mean of `recalls` over pools of films one after the other."""
    pools = []
    for start in range(0, len(scores), POOL):
        own = (start <= owner) & (owner < start + POOL)
        if own.any():
            pools.append(recalls(scores[start : start + POOL, own], owner[own] - start))
    return {name: float(np.mean([pool[name] for pool in pools])) for name in pools[0]}


def recalls(scores: np.ndarray, owner: np.ndarray) -> Figures:
    """Of scores [n, m], owner [m] being the row of a text's film: the own text, or film, among the nearest k."""
    columns = np.arange(len(owner))
    ranks = (-scores).argsort(1).argsort(1)[owner, columns]
    back = (-scores).argsort(0).argsort(0)[owner, columns]
    figures = {f"reportRecall@{k}": float((ranks < k).mean()) for k in (1, 5, 10)}
    return figures | {f"filmRecall@{k}": float((back < k).mean()) for k in (1, 5, 10)}
