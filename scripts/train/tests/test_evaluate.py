"""Figures that are easily counted wrong."""

import numpy as np

from biovil_train.card import TESTED, thresholds
from biovil_train.evaluate.classification import auroc
from biovil_train.evaluate.grounding import inside, peak_of
from biovil_train.evaluate.retrieval import POOL, pooled_recalls, recalls


def test_recall_counts_the_own_one_among_the_nearest():
    # Texts 0 and 1 of film 0, text 2 of film 2.
    scores = np.array([[0.9, 0.5, 0.7], [0.1, 0.2, 0.8], [0.3, 0.1, 0.6]])
    found = recalls(scores, np.array([0, 0, 2]))
    assert found["reportRecall@1"] == 2 / 3 and found["filmRecall@1"] == 2 / 3
    assert found["reportRecall@5"] == found["filmRecall@5"] == 1


def test_recall_is_of_pools_of_films():
    films = 2 * POOL + 10
    owner = np.array([film for film in range(films) if film % 3])
    scores = np.zeros((films, len(owner)))
    scores[owner, np.arange(len(owner))] = 1
    # Another film of another pool is nearer to each text, which does not count.
    scores[(owner + POOL) % (2 * POOL), np.arange(len(owner))] = 2
    assert recalls(scores, owner)["filmRecall@1"] < 0.1
    assert set(pooled_recalls(scores, owner).values()) == {1.0}


def test_a_peak_counts_inside_a_box_only():
    boxes = np.array([[10, 20, 5, 6], [40, 40, 2, 2]])
    for x, y, expected in ((10, 20, True), (15, 26, True), (12, 26.1, False), (9.9, 22, False), (41, 41, True)):
        assert inside(boxes, x, y) is expected, (x, y)
    grid = np.zeros((4, 4))
    grid[1, 2] = 1
    assert peak_of(grid, 64) == (40, 24)


def test_thresholds_lie_between_chance_and_the_figure():
    found = thresholds(dict.fromkeys(TESTED, 0.9), dict.fromkeys(TESTED, 0.1))
    assert found["auroc"] == 0.78 and found["filmRecall@5"] == 0.58
    assert found.keys() == set(TESTED)


def test_the_area_under_the_curve_counts_pairs_in_order():
    assert auroc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])) == 0.75
    assert auroc(np.array([1.0, 1.0, 1.0]), np.array([True, False, False])) == 0.5
